import type { ServiceRecord } from '../../state/record.ts';
import {
  count,
  listOf,
  type ObjectOf,
  object,
  type Properties,
  query,
  type Schema,
  type Value,
  wordOf,
  words,
} from '../schema.ts';
import { type DomainGroup, type Domains, isOf } from './domains.ts';
import { FILTER_SCHEMAS, type Filtered, testsOf } from './filters.ts';
import { GROUPINGS, grouped } from './groups.ts';
import { compareNaturally } from './natural-order.ts';
import { ROW, type Row, rowOf, SORTS, type Sorting, stateKey } from './row.ts';

const ORDERS = ['usual', 'reversed'] as const;
type Order = (typeof ORDERS)[number];

export const MOST_LIMIT = 500;

/** Defaults of a list. */
export const DEFAULTS = { sort: 'state', order: 'usual', limit: 100, page: 1 } as const;

export const PAGING = {
  page: {
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    default: DEFAULTS.page,
    description: 'From 1.',
  } as Schema<number>,
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: MOST_LIMIT,
    default: DEFAULTS.limit,
    description: 'Items of a page.',
  } as Schema<number>,
};

const SORT = wordOf(
  SORTS,
  Object.entries(SORTS)
    .map(([word, { by }]) => `\`${word}\`: ${by}.`)
    .join(' '),
);
const ORDER = words(ORDERS, 'The usual order of the sort, or reversed.');

export const SERVICES_QUERY = query({
  ...FILTER_SCHEMAS,
  sort: { ...SORT, default: DEFAULTS.sort },
  order: { ...ORDER, default: DEFAULTS.order },
  group: wordOf(
    GROUPINGS,
    `Rows of a group together. ${Object.entries(GROUPINGS)
      .map(([word, { by }]) => `\`${word}\`: ${by}.`)
      .join(' ')}`,
  ),
  ...PAGING,
});
export type Wanted = Value<typeof SERVICES_QUERY>;

/** One page of a list. */
export interface Page<T> {
  /** The total number. */
  readonly total: number;
  readonly page: number;
  readonly pages: number;
  readonly limit: number;
  readonly items: readonly T[];
}

export const pageSchema = <T, P extends Properties = Readonly<Record<never, Schema>>>(
  items: Schema<T>,
  more?: P,
): Schema<Page<T> & ObjectOf<P>> =>
  object({
    total: count('Number of all items.'),
    page: count('Number of this page, from 1.'),
    pages: count('Number of pages.'),
    limit: count('Items of a page.'),
    items: listOf(items),
    ...more,
  }) as Schema<Page<T> & ObjectOf<P>>;

export const SERVICES_PAGE = pageSchema(ROW);

/** `first`: at least the items up to the end of the page; `total`: the number of all items. */
export function pageOf<S, T>(
  first: readonly S[],
  { page = DEFAULTS.page, limit = DEFAULTS.limit }: Pick<Wanted, 'page' | 'limit'>,
  show: (one: S) => T,
  total = first.length,
): Page<T> {
  const items = first.slice((page - 1) * limit, page * limit).map(show);
  return { total, page, pages: Math.ceil(total / limit), limit, items };
}

/**
 * The records of all Services in the order of their names, updated record by record. A change costs
 * one lookup. The list is sorted again only after a Service was added or removed, at the next read.
 */
export class ServiceList {
  readonly #records: ServiceRecord[] = [];
  /**
   * The sort key by `state` of each record: computing it for ten thousand records takes longer than
   * the rest of a page.
   */
  readonly #stateKeys: number[] = [];
  /** The index of each record, by `namespace/name`. */
  readonly #places = new Map<string, number>();
  readonly #domains: Pick<Domains, 'of' | 'isWhole'>;
  #isSorted = true;

  constructor(domains: Pick<Domains, 'of' | 'isWhole'>) {
    this.#domains = domains;
  }

  update(key: string, record: ServiceRecord | undefined): void {
    const at = this.#places.get(key);
    if (record && at !== undefined) {
      this.#records[at] = record;
      this.#stateKeys[at] = stateKey(record);
      return;
    }
    if (record) this.#places.set(key, this.#records.push(record) - 1);
    else if (at !== undefined) this.#remove(key, at);
    this.#isSorted = false;
  }

  /** All records. */
  get all(): readonly ServiceRecord[] {
    this.#sort();
    return this.#records;
  }

  /** Namespaces with a watched Service, sorted. */
  get namespaces(): readonly string[] {
    return [...new Set(this.all.map(({ spec }) => spec.namespace))];
  }

  /** The records that pass the filter; a new array each time. */
  matching(filtered: Filtered, now: number): ServiceRecord[] {
    const tests = testsOf(filtered, { domains: this.#domains, now });
    return this.all.filter((record) => tests.every((test) => test(record)));
  }

  /** `folded`: groups with one row, so their Services that are down are left out. */
  page(wanted: Wanted, folded: readonly DomainGroup[], now: number): Page<Row> {
    const { page = DEFAULTS.page, limit = DEFAULTS.limit, sort = DEFAULTS.sort, group } = wanted;
    const count = page * limit;
    const isWhole = folded.length === 0 && group === undefined;
    if (
      sort === 'state' &&
      isWhole &&
      testsOf(wanted, { domains: this.#domains, now }).length === 0
    ) {
      const { all } = this;
      const keys = signed(this.#stateKeys, wanted.order);
      return pageOf(leastOf(all, keys, count), wanted, rowOf, all.length);
    }
    const found = this.matching(wanted, now).filter((record) => !this.#isFolded(record, folded));
    if (group !== undefined) {
      const inOrder = firstOf(found, wanted, found.length);
      const rows = grouped(inOrder, group, this.#domains);
      return pageOf(rows, wanted, (one) => ({ ...rowOf(one.record), group: one.group }));
    }
    return pageOf(firstOf(found, wanted, count), wanted, rowOf, found.length);
  }

  #isFolded(record: ServiceRecord, folded: readonly DomainGroup[]): boolean {
    if (folded.length === 0 || record.diagnosis.up !== 0) return false;
    const domain = this.#domains.of(record.spec.key);
    return folded.some((group) => isOf(group, record, domain));
  }

  /** The last record moves to the free index. */
  #remove(key: string, at: number): void {
    this.#places.delete(key);
    const last = this.#records.pop();
    if (!last || at === this.#records.length) return;
    this.#records[at] = last;
    this.#places.set(last.spec.key, at);
  }

  #sort(): void {
    if (this.#isSorted) return;
    this.#isSorted = true;
    this.#records.sort(({ spec: a }, { spec: b }) =>
      a.namespace === b.namespace
        ? compareNaturally(a.name, b.name)
        : compareNaturally(a.namespace, b.namespace),
    );
    for (const [at, record] of this.#records.entries()) {
      this.#places.set(record.spec.key, at);
      this.#stateKeys[at] = stateKey(record);
    }
    this.#stateKeys.length = this.#records.length;
  }
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts the matches, which are in the order of names, up to the first `count`. */
function firstOf(
  found: ServiceRecord[],
  { sort = DEFAULTS.sort, order = DEFAULTS.order }: Pick<Wanted, 'sort' | 'order'>,
  count: number,
): readonly ServiceRecord[] {
  const sign = order === 'reversed' ? -1 : 1;
  const { key: keyOf, text: textOf }: Sorting = SORTS[sort];
  if (textOf) return found.sort((a, b) => sign * compareNaturally(textOf(a), textOf(b)));
  if (!keyOf) return sign < 0 ? found.reverse() : found;
  return leastOf(found, signed(found.map(keyOf), order), count);
}

/** Undefined comes last in either order. */
function signed(keys: readonly (number | undefined)[], order: Order = 'usual'): Float64Array {
  const sign = order === 'reversed' ? -1 : 1;
  return Float64Array.from(keys, (key) =>
    key === undefined ? Number.POSITIVE_INFINITY : sign * key,
  );
}

/** The `count` records with the smallest keys; equal ones keep their order. */
function leastOf(
  records: readonly ServiceRecord[],
  keys: Float64Array,
  count: number,
): readonly ServiceRecord[] {
  // Sorting numbers alone is fast, and gives the key of the last wanted record. Only the records up
  // to that key are then sorted.
  const last = keys.toSorted()[count - 1] ?? Number.POSITIVE_INFINITY;
  const first: { readonly record: ServiceRecord; readonly key: number }[] = [];
  for (const [i, record] of records.entries()) {
    const key = keys[i] ?? 0;
    if (key <= last) first.push({ record, key });
  }
  return first.sort((a, b) => compare(a.key, b.key)).map(({ record }) => record);
}
