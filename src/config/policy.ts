import { isIP } from 'node:net';
import { isSeq, type Node } from 'yaml';
import { hint } from '../model/near-miss.ts';
import type { Policy, PolicyLists } from '../model/policy.ts';
import { isNamespace } from './kubernetes-values.ts';
import { domainIn, quoted, UsageError } from './values.ts';
import { entriesOf, mappingOf, nodeText, type PlaceOf, textOf } from './yaml-nodes.ts';

/** Limit, because each address is compared with each network. */
const MOST_ITEMS = 1_000;
const MOST_NAMESPACES = 10_000;

interface List {
  readonly name: keyof PolicyLists;
  /** @throws UsageError with the expected form and the invalid value */
  readonly parse: (text: string) => string;
  /** The alternative to an empty list, for the error; absent if an empty list is useful. */
  readonly insteadOfNone?: string;
}

const LISTS: Readonly<Record<string, List>> = {
  'allowed-suffixes': {
    name: 'allowedSuffixes',
    parse: parseSuffix,
    insteadOfNone: 'leave it out, or write "." to allow every name',
  },
  'allowed-cidrs': {
    name: 'allowedCidrs',
    parse: parseNetwork,
    insteadOfNone: 'leave it out, or write 0.0.0.0/0 and ::/0 to allow every address',
  },
  // An empty list exempts a namespace from the global list.
  'denied-cidrs': { name: 'deniedCidrs', parse: parseNetwork },
};
const NAMESPACES = 'namespaces';

/** The keys allowed below `policy`. */
export const POLICY_KEYS: readonly string[] = [...Object.keys(LISTS), NAMESPACES];

/**
 * The value of the key `policy`: lists for all namespaces, and lists for single namespaces.
 *
 * @throws UsageError with the file, the line, the reason and the invalid value
 */
export function readPolicy(node: Node | null, source: string, placeOf: PlaceOf): Policy {
  const namespaces = new Map<string, PolicyLists>();
  const readNamespaces = (value: Node | null, where: string): void => {
    const entries = entriesOf(mappingOf(value, where), placeOf, namespaceOf);
    for (const { word, value: lists, source: place } of entries) {
      namespaces.set(word, readLists(lists, place, placeOf));
      if (namespaces.size > MOST_NAMESPACES) {
        throw new UsageError(
          `Cannot use ${where}: it must have ${MOST_NAMESPACES} namespaces at most, got more`,
        );
      }
    }
  };
  return { ...readLists(node, source, placeOf, readNamespaces), namespaces };
}

/** @param readNamespaces reads the key `namespaces`; without it the key is unknown */
function readLists(
  node: Node | null,
  source: string,
  placeOf: PlaceOf,
  readNamespaces?: (value: Node | null, source: string) => void,
): PolicyLists {
  const keys = [...Object.keys(LISTS), ...(readNamespaces ? [NAMESPACES] : [])];
  const keyOf = (key: Node, place: string): string => {
    const word = textOf(key) ?? '';
    if (keys.includes(word)) return word;
    const help = hint(word, keys, `there are ${keys.join(', ')}`);
    throw new UsageError(
      `Cannot read ${place}: no such key of a policy (${help}), got ${nodeText(key)}`,
    );
  };
  const lists: Partial<Record<keyof PolicyLists, readonly string[]>> = {};
  for (const entry of entriesOf(mappingOf(node, source), placeOf, keyOf)) {
    const list = LISTS[entry.word];
    if (list) lists[list.name] = readList(list, entry.value, entry.source, placeOf);
    else readNamespaces?.(entry.value, entry.source);
  }
  return lists;
}

/** Each item once; a text may contain several items separated by commas, as in an option. */
function readList(
  { parse, insteadOfNone }: List,
  value: Node | null,
  source: string,
  placeOf: PlaceOf,
): readonly string[] {
  const nodes = isSeq(value) ? (value.items as Node[]) : [value];
  const items = new Set<string>();
  for (const node of nodes) {
    const text = textOf(node);
    if (text === undefined) {
      const got = node === value ? nodeText(node) : `a list with ${nodeText(node)} in it`;
      throw new UsageError(`Cannot use ${source}: it must be text, or a list of texts, got ${got}`);
    }
    for (const item of text.split(',')) {
      try {
        items.add(parse(item.trim()));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        const [key] = source.split(' ');
        const place = placeOf(node?.range?.[0]);
        throw new UsageError(`Cannot use ${key} in ${place}: ${error.message}`);
      }
    }
    if (items.size > MOST_ITEMS) {
      throw new UsageError(
        `Cannot use ${source}: it must have ${MOST_ITEMS} items at most, got more`,
      );
    }
  }
  if (items.size === 0 && insteadOfNone) {
    throw new UsageError(
      `Cannot use ${source}: it must have an item (${insteadOfNone}), got an empty list`,
    );
  }
  return [...items];
}

function namespaceOf(key: Node, place: string): string {
  const word = textOf(key) ?? '';
  if (isNamespace(word)) return word;
  throw new UsageError(
    `Cannot read ${place}: each key of namespaces must be the name of a namespace, got ${nodeText(key)}`,
  );
}

/** `example.com`, which includes the names below it; `.` is the root, and so every name. */
function parseSuffix(text: string): string {
  if (text === '.') return '';
  const domain = domainIn(text);
  if (domain !== undefined) return domain;
  throw new UsageError(
    `each must be a DNS domain such as example.com, which counts for all names below it, got ${quoted(text)}`,
  );
}

/** `10.0.0.0/8`, or a single address; bits after the prefix are ignored. */
function parseNetwork(text: string): string {
  const [, address = '', prefix] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const length = prefix === undefined ? bits : Number(prefix);
  if (bits >= 0 && length <= bits) return `${address.toLowerCase()}/${length}`;
  throw new UsageError(
    `each must be a network such as 10.0.0.0/8 or fd00::/8, or an address, got ${quoted(text)}`,
  );
}
