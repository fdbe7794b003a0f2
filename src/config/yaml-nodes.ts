/** Reads the nodes of a YAML file and names them in messages. Aliases are never followed. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { quoted, UsageError } from './values.ts';

/** The position of a node, as `file:line`. */
export type PlaceOf = (offset?: number) => string;

/** A key of a mapping, with its value. */
export interface Entry<W> {
  readonly word: W;
  readonly value: Node | null;
  /** The key and its position, as an error names it. */
  readonly source: string;
}

/** The top-level mapping of a file, if the file is not empty. */
export interface YamlMapping {
  readonly contents?: YAMLMap.Parsed;
  readonly placeOf: PlaceOf;
}

/**
 * @param of the kind of its keys, as an error names them
 * @throws UsageError
 */
export function mappingIn(text: string, file: string, of: string): YamlMapping {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // Checked in entriesOf instead: the parser compares each key with each other key.
    uniqueKeys: false,
    logLevel: 'error',
  });
  const placeOf = (offset = 0): string => `${file}:${lineCounter.linePos(offset).line || 1}`;

  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const several = problem.code === 'MULTIPLE_DOCS';
    throw new UsageError(
      `Cannot read ${placeOf(problem.pos[0])}: it must be one YAML document, got ${several ? 'several' : quoted(problem.message)}`,
    );
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { placeOf };
  if (!isMap(contents)) {
    throw new UsageError(
      `Cannot read ${placeOf(contents.range[0])}: it must be a mapping of ${of}, got ${nodeText(contents)}`,
    );
  }
  return { contents, placeOf };
}

/** @throws UsageError unless the value is a mapping */
export function mappingOf(node: Node | null, source: string): YAMLMap.Parsed {
  if (isMap(node)) return node as YAMLMap.Parsed;
  throw new UsageError(`Cannot use ${source}: it must be a mapping, got ${nodeText(node)}`);
}

/**
 * The entries of a mapping, with each key parsed by `read`.
 *
 * @param tell formats a value for an error; differs from `shown` if values are secret
 * @throws UsageError for a key that `read` rejects, and for a duplicate key
 */
export function* entriesOf<W>(
  map: YAMLMap.Parsed,
  placeOf: PlaceOf,
  read: (key: Node, place: string) => W,
  tell: (value: Node | null) => string = nodeText,
): Generator<Entry<W>> {
  const seen = new Set<W>();
  for (const { key, value } of map.items) {
    const place = placeOf(key.range[0]);
    const word = read(key, place);
    const source = `${textOf(key)} in ${place}`;
    if (seen.has(word)) {
      throw new UsageError(`Cannot use ${source}: it occurs twice, got ${tell(value)}`);
    }
    seen.add(word);
    yield { word, value, source };
  }
}

/**
 * A number or boolean keeps its spelling in the file, so that 0x10 or 1e3 reach an option
 * unchanged, as on the command line.
 */
export function textOf(node: Node | null): string | undefined {
  if (!isScalar(node)) return undefined;
  if (typeof node.value === 'string') return node.value;
  return typeof node.value === 'number' || typeof node.value === 'boolean'
    ? node.source
    : undefined;
}

/** Formats a value for messages. */
export function nodeText(node: Node | null): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (isAlias(node)) return `the alias *${node.source}`;
  return isScalar(node) && node.value !== null
    ? quoted(textOf(node) ?? node.source ?? '')
    : 'nothing';
}
