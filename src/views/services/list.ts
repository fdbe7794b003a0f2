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
import { RANKS, ROW, type Row, rankOf, rowOf, SORTS, type Sorting } from './row.ts';

const ORDERS = ['usual', 'reversed'] as const;
type Order = (typeof ORDERS)[number];

export const MOST_LIMIT = 500;

/** What a list shows unless it is asked for another thing. */
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
const ORDER = words(ORDERS, 'That of the sort, or the other way round.');

export const SERVICES_QUERY = query({
  ...FILTER_SCHEMAS,
  sort: { ...SORT, default: DEFAULTS.sort },
  order: { ...ORDER, default: DEFAULTS.order },
  ...PAGING,
});
export type Wanted = Value<typeof SERVICES_QUERY>;

/** A part of a list. */
export interface Page<T> {
  /** How many there are in all. */
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
    total: count('How many there are in all.'),
    page: count('This one, from 1.'),
    pages: count('How many pages.'),
    limit: count('Items of a page.'),
    items: listOf(items),
    ...more,
  }) as Schema<Page<T> & ObjectOf<P>>;

export const SERVICES_PAGE = pageSchema(ROW);

/** `first`: those up to the end of the page at least, of `total`. */
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
 * The records of all Services in the order of their names, kept up to date record by record: a change is one look-up,
 * and only when a Service has come or gone are they sorted anew, by the next reader.
 */
export class ServiceList {
  readonly #records: ServiceRecord[] = [];
  /** The rank of each beside it: to read it off ten thousand records takes longer than all else that a page takes. */
  readonly #ranks: number[] = [];
  /** Where each is, by `namespace/name`. */
  readonly #places = new Map<string, number>();
  readonly #domains: Pick<Domains, 'of'>;
  #isSorted = true;

  constructor(domains: Pick<Domains, 'of'>) {
    this.#domains = domains;
  }

  update(key: string, record: ServiceRecord | undefined): void {
    const at = this.#places.get(key);
    if (record && at !== undefined) {
      this.#records[at] = record;
      this.#ranks[at] = rankOf(record);
      return;
    }
    if (record) this.#places.set(key, this.#records.push(record) - 1);
    else if (at !== undefined) this.#remove(key, at);
    this.#isSorted = false;
  }

  /** All of them. */
  get all(): readonly ServiceRecord[] {
    this.#sort();
    return this.#records;
  }

  /** Those that have a Service that is watched, sorted. */
  get namespaces(): readonly string[] {
    return [...new Set(this.all.map(({ spec }) => spec.namespace))];
  }

  /** Those that pass the filter; another array each time. */
  matching(filtered: Filtered): ServiceRecord[] {
    const tests = testsOf(filtered, this.#domains);
    return this.all.filter((record) => tests.every((test) => test(record)));
  }

  /** `folded`: groups of which the Services that are down are left out. */
  page(wanted: Wanted, folded: readonly DomainGroup[] = []): Page<Row> {
    const { page = DEFAULTS.page, limit = DEFAULTS.limit, sort = DEFAULTS.sort } = wanted;
    const count = page * limit;
    if (sort === 'state' && folded.length === 0 && testsOf(wanted, this.#domains).length === 0) {
      return pageOf(this.#firstByRank(count, wanted.order), wanted, rowOf, this.#records.length);
    }
    const found = this.matching(wanted).filter((record) => !this.#isFolded(record, folded));
    return pageOf(firstOf(found, wanted, count), wanted, rowOf, found.length);
  }

  #isFolded(record: ServiceRecord, folded: readonly DomainGroup[]): boolean {
    if (folded.length === 0 || record.diagnosis.up !== 0) return false;
    const domain = this.#domains.of(record.spec.key);
    return folded.some((group) => isOf(group, record, domain));
  }

  /** The first `count` of all, by rank and then by name. */
  #firstByRank(count: number, order: Order = DEFAULTS.order): readonly ServiceRecord[] {
    const all = this.all;
    const first: ServiceRecord[] = [];
    for (const rank of order === 'reversed' ? RANKS.toReversed() : RANKS) {
      for (let at = 0; at < all.length && first.length < count; at++) {
        const record = this.#ranks[at] === rank ? all[at] : undefined;
        if (record) first.push(record);
      }
    }
    return first;
  }

  /** The last takes its place. */
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
      a.namespace === b.namespace ? compare(a.name, b.name) : compare(a.namespace, b.namespace),
    );
    for (const [at, record] of this.#records.entries()) {
      this.#places.set(record.spec.key, at);
      this.#ranks[at] = rankOf(record);
    }
    this.#ranks.length = this.#records.length;
  }
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Sorts what was found, which is in the order of names, as far as the first `count` that are wanted. */
function firstOf(
  found: ServiceRecord[],
  { sort = DEFAULTS.sort, order = DEFAULTS.order }: Pick<Wanted, 'sort' | 'order'>,
  count: number,
): readonly ServiceRecord[] {
  const sign = order === 'reversed' ? -1 : 1;
  const { key: keyOf, text: textOf }: Sorting = SORTS[sort];
  if (textOf) return found.sort((a, b) => sign * compare(textOf(a), textOf(b)));
  if (!keyOf) return sign < 0 ? found.reverse() : found;
  const keys = Float64Array.from(found, (record) => {
    const key = keyOf(record);
    return key === undefined ? Number.POSITIVE_INFINITY : sign * key;
  });
  // Numbers alone are sorted fast, and tell the last one that is wanted: only so many records need to be.
  const last = keys.toSorted()[count - 1] ?? Number.POSITIVE_INFINITY;
  const first: { readonly record: ServiceRecord; readonly key: number }[] = [];
  for (const [i, record] of found.entries()) {
    const key = keys[i] ?? 0;
    if (key <= last) first.push({ record, key });
  }
  return first.sort((a, b) => compare(a.key, b.key)).map(({ record }) => record);
}
