/** How the nodes of a YAML file are read and named in messages; aliases are nowhere followed. */
import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { quoted, UsageError } from './values.ts';

/** Where a node stands, as `file:line`. */
export type PlaceOf = (offset?: number) => string;

/** A key of a mapping, with its value. */
export interface Entry<W> {
  readonly word: W;
  readonly value: Node | null;
  /** The key and where it stands, as an error names it. */
  readonly source: string;
}

/**
 * The entries of a mapping whose keys `read` knows.
 * @throws UsageError for a key that `read` refuses, by what it throws, and for one that is there twice
 */
export function* entriesOf<W>(
  map: YAMLMap.Parsed,
  placeOf: PlaceOf,
  read: (key: Node, place: string) => W,
): Generator<Entry<W>> {
  const seen = new Set<W>();
  for (const { key, value } of map.items) {
    const place = placeOf(key.range[0]);
    const word = read(key, place);
    const source = `${textOf(key)} in ${place}`;
    if (seen.has(word)) {
      throw new UsageError(`Cannot use ${source}: it is there twice, got ${shown(value)}`);
    }
    seen.add(word);
    yield { word, value, source };
  }
}

/** A number or boolean as it was written, so that 0x10 or 1e3 reach an option as on the command line. */
export function textOf(node: Node | null): string | undefined {
  if (!isScalar(node)) return undefined;
  if (typeof node.value === 'string') return node.value;
  return typeof node.value === 'number' || typeof node.value === 'boolean'
    ? node.source
    : undefined;
}

/** For messages. */
export function shown(node: Node | null): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (isAlias(node)) return `the alias *${node.source}`;
  return isScalar(node) && node.value !== null
    ? quoted(textOf(node) ?? node.source ?? '')
    : 'nothing';
}
