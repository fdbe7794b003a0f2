/** The repository's YAML files as plain values, of which a test states the shape it expects. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

const ROOT = join(import.meta.dirname, '../../..');

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function readYaml(path: string): unknown {
  return parse(readText(path));
}

/** Every object of the files that a kustomization lists, by kind. */
export function readResources(directory: string): Record<string, unknown> {
  const files = at(readYaml(`${directory}/kustomization.yaml`), 'resources');
  if (!Array.isArray(files)) throw new Error(`Cannot read ${directory}: it lists no resources`);
  const objects = files.flatMap((file) =>
    parseAllDocuments(readText(join(directory, String(file)))).map((each) => each.toJS()),
  );
  return Object.fromEntries(objects.map((object) => [String(at(object, 'kind')), object]));
}

/** The value at a dotted path, as `spec.containers.0.image`; undefined where there is none. */
export function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) found = isRecord(found) ? found[key] : undefined;
  return found;
}

export function filesIn(directory: string): string[] {
  return readdirSync(join(ROOT, directory)).map((file) => join(directory, file));
}

/** Those of a folder and all below it, in order. */
export function yamlFilesBelow(directory: string): string[] {
  const files = readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => join(directory, file))
    .sort();
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
