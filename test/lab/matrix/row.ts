import type { Zones } from '../cluster/index.ts';
import type { PodIps } from './installed.ts';
import type { Addition } from './reach.ts';
import type { Said } from './words.ts';
import type { Watched, World } from './world.ts';

/** Sections of docs/fault-matrix.md, in order. */
export const GROUPS = ['servers', 'pods', 'upstream', 'crowd', 'spec', 'ourselves'] as const;

/** Ends a fault. */
export type Mend = () => unknown;

/** One fault: its injection, and all words that the monitor may report, written before the run. */
export interface Row {
  /** Unique; a few words. */
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  /** The injected fault, as an instruction. */
  readonly fault: string;
  /**
   * Services of the row, by name, with their target without the fault; they are its victims.
   * `www.<domain>.test` has addresses without an entry in {@link zones}.
   */
  readonly services?: Readonly<Record<string, string>>;
  /**
   * Victims in addition to the services above: all, all with a target outside the cluster, or all
   * except those of a namespace.
   */
  readonly victims?: 'all' | 'external' | { readonly allBut: string } | readonly string[];
  /** The zones outside the cluster for this row. */
  readonly zones?: Zones;
  /** The right words for a victim; several if chance decides. */
  readonly expected: readonly Said[];
  /** The right words for victims that never work, if they differ. */
  readonly dead?: readonly Said[];
  /**
   * The right words if pods have other addresses than IPv4 ones. Only `up` may differ, and words
   * that follow from it.
   */
  readonly where?: Readonly<Partial<Record<PodIps, RightWords>>>;
  /** The words for a victim before and after the fault; the population's by default. */
  readonly usual?: Said;
  /** Other allowed words for a victim, before detection and until the end of recovery. */
  readonly meanwhile?: readonly Said[];
  /** Words that are allowed for a victim at any time, because chance decides. */
  readonly throughout?: readonly Said[];
  /** Words that are allowed for all other Services in addition to `healthy`. */
  readonly others?: readonly Said[];
  /** Reasons why detection takes more than two rounds; see {@link Addition}. */
  readonly detect?: readonly Addition[];
  /** Reasons why recovery takes more than two rounds. */
  readonly clear?: readonly Addition[];
  /** Number of rounds for which the right words must stay; 2 by default. */
  readonly hold?: number;
  /**
   * Options of a separate monitor for this row. Its words are judged, and those of the common
   * monitor must be in {@link common}.
   */
  readonly monitor?: (world: World) => readonly string[];
  /**
   * Words that the common monitor may report for the victims of a row with a separate
   * {@link monitor}, in addition to `healthy`.
   */
  readonly common?: readonly Said[];
  /**
   * Starts the fault; returns a function that ends it. Absent if the options of {@link monitor} are
   * the fault: it then starts with that monitor.
   */
  readonly inject?: (world: World) => Promise<Mend>;
  /**
   * Makes further measurements during the fault; returns their result, for the page.
   *
   * @throws Error if the result is wrong
   */
  readonly inspect?: (world: World, judged: Watched) => Promise<string>;
  /** Aliases that blackbox_exporter probes in place of the victims'. */
  readonly blackbox?: readonly string[];
  readonly note?: string;
  /**
   * Why no verdict can be right: the answers do not show the fault. {@link expected} is then the
   * verdict that the answers imply.
   */
  readonly limit?: string;
  /** Why our verdict is wrong: it is listed, and is not a failure of the run. */
  readonly knownWrong?: string;
}

/** The fields of a {@link Row} that may depend on the addresses of pods. */
export type RightWords = Partial<Pick<Row, 'expected' | 'meanwhile' | 'usual'>>;

/** Rows with simultaneous faults; each has its own victims. */
export type Batch = readonly Row[];

/** Whether its faults also affect Services that are victims of other rows. */
export function isWide(batch: Batch): boolean {
  return batch.some(({ victims = [] }) => !Array.isArray(victims));
}

/** Whether a row is about address families: such rows run with each kind of pod addresses. */
export function isAboutFamilies({ name }: Row): boolean {
  return /\b(A|AAAA|IPv4|IPv6)\b/.test(name);
}

/** The rows that run with these pod addresses, each with its right words for them. */
export function batchesWhere(batches: readonly Batch[], podIps: PodIps): Batch[] {
  return batches
    .map((batch) => batch.filter((row) => podIps === 'ipv4' || isAboutFamilies(row)))
    .map((batch) => batch.map((row) => ({ ...row, ...row.where?.[podIps] })))
    .filter((batch) => batch.length > 0);
}
