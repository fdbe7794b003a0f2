import { isMap, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import type { DefaultSettings, ManifestPlace, ServiceSpec } from '../model/service.ts';
import type { KubernetesObject } from './resource.ts';
import { specOf } from './services.ts';

/** An ExternalName Service in a manifest. */
export interface Manifest extends ManifestPlace {
  readonly spec: ServiceSpec;
}

/** A document, or an object in one, that cannot be read. */
export interface BrokenManifest extends ManifestPlace {
  readonly message: string;
}

export interface Manifests {
  readonly services: readonly Manifest[];
  readonly broken: readonly BrokenManifest[];
  /**
   * Services of other types, by `namespace/name`. They are not checked, but targets may refer to
   * them.
   */
  readonly others: readonly string[];
}

/** Lists in lists are flattened to this depth; real ones are not deeper. */
const DEEPEST_LIST = 4;

/**
 * The API server's validation of `spec.externalName`: a subdomain of RFC 1123, optionally with a
 * trailing dot.
 */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\.?$/;
/** In characters, without the trailing dot (`DNS1123SubdomainMaxLength`). */
const LONGEST = 253;
/** Limit for the length of a value in a message. */
const SHOWN = 200;

/**
 * Reads the ExternalName Services of a file: YAML documents or JSON, with objects or lists of
 * objects, like kubectl. Other objects are skipped. An unreadable document is reported, and the
 * others are still read. `namespace`: for Services without one. `defaults`: for Services without
 * annotations.
 */
export function readManifests(
  text: string,
  file: string,
  { namespace, defaults }: { readonly namespace: string; readonly defaults: DefaultSettings },
): Manifests {
  const services: Manifest[] = [];
  const broken: BrokenManifest[] = [];
  const others: string[] = [];
  for (const { text: piece, line: start } of documentsOf(text)) {
    for (const found of readDocument(piece)) {
      const place = { file, line: start + found.line - 1 };
      if ('message' in found) {
        broken.push({ ...place, message: found.message });
        continue;
      }
      const object = withNamespace(found.object, namespace);
      if (isOtherService(object)) {
        others.push(`${object.metadata?.namespace}/${object.metadata?.name}`);
        continue;
      }
      const why = whyRefused(object);
      const spec = why ? undefined : specOf(object, { labels: [], defaults });
      if (spec) services.push({ ...place, spec });
      else broken.push({ ...place, message: why ?? 'Cannot read a Service: it is none' });
    }
  }
  return { services, broken, others };
}

type Found = { readonly line: number } & (
  | { readonly object: KubernetesObject }
  | { readonly message: string }
);

/** Splits at `---` before parsing, so that a broken document cannot affect the ones after it. */
function* documentsOf(text: string): Generator<{ text: string; line: number }> {
  let start = 0;
  let line = 1;
  for (const { index } of text.matchAll(/^---(?=\s|$)/gm)) {
    const piece = text.slice(start, index);
    yield { text: piece, line };
    line += piece.split('\n').length - 1;
    start = index;
  }
  yield { text: text.slice(start), line };
}

/** The Services of one document, of any type; `line` counts from the document's first line. */
function readDocument(text: string): Found[] {
  const lines = new LineCounter();
  const lineAt = (offset = 0): number => lines.linePos(offset).line || 1;
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      // Duplicate keys are no error: kubectl takes the last of two keys, and comparing all keys
      // with each other is slow.
      uniqueKeys: false,
      logLevel: 'error',
    });
    const [problem] = document.errors;
    if (problem) {
      const why = problem.message.replaceAll(/\s+/g, ' ');
      // The parser reports an unclosed item after the end of the text.
      const line = Math.min(lineAt(problem.pos[0]), lineAt(text.trimEnd().length));
      const help = text.includes('{{') ? '; of a Helm chart, give the output of helm template' : '';
      return [{ line, message: `Cannot read a document: ${why}${help}` }];
    }
    return objectsIn(document.contents, DEEPEST_LIST).map((node): Found => {
      // Rejects aliases that expand without limit.
      const object: KubernetesObject = node.toJS(document);
      return { line: lineAt(node.range?.[0]), object };
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ line: 1, message: `Cannot read a document: ${why}` }];
  }
}

/** The nodes that are Services of the core API, including those in lists. */
function objectsIn(node: Node | null, depth: number, usual: KindOf = {}): Node[] {
  if (!isMap(node)) return [];
  const kind = textAt(node, 'kind') ?? usual.kind;
  const version = textAt(node, 'apiVersion') ?? usual.version;
  const items = node.get('items', true);
  if (kind?.endsWith('List') && isSeq(items) && depth > 0) {
    const own = kind === 'List' ? {} : { kind: kind.slice(0, -'List'.length), version };
    return items.items.flatMap((item) => objectsIn(item as Node, depth - 1, own));
  }
  return kind === 'Service' && version === 'v1' ? [node] : [];
}

/** Kind and version of list items without their own, the way the API server writes lists. */
interface KindOf {
  readonly kind?: string;
  readonly version?: string | undefined;
}

function textAt(node: YAMLMap, key: string): string | undefined {
  const value = node.get(key);
  return typeof value === 'string' ? value : undefined;
}

/** Its `uid` stands for the one that the API server would assign. */
function withNamespace(object: KubernetesObject, namespace: string): KubernetesObject {
  const { metadata } = object;
  const own = metadata?.namespace || namespace;
  return { ...object, metadata: { ...metadata, namespace: own, uid: `${own}/${metadata?.name}` } };
}

function isOtherService({ spec }: KubernetesObject): boolean {
  return (spec as { type?: unknown } | null | undefined)?.type !== 'ExternalName';
}

/** Why the API server would refuse an ExternalName Service; undefined if it would accept it. */
function whyRefused({ metadata, spec }: KubernetesObject): string | undefined {
  const { externalName } = spec as { externalName?: unknown };
  const name: unknown = metadata?.name;
  if (typeof name !== 'string' || name === '')
    return `Cannot read a Service: metadata.name must be text, got ${shown(name)}`;
  const named = `Cannot use the Service ${metadata?.namespace}/${name}`;
  if (typeof externalName !== 'string' || externalName === '')
    return `${named}: spec.externalName must be a name, got ${shown(externalName)}`;
  const isName = SUBDOMAIN.test(externalName) && externalName.replace(/\.$/, '').length <= LONGEST;
  if (isName) return undefined;
  return `${named}: the API server takes spec.externalName only as a DNS name in lower case, got ${shown(externalName)}`;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
