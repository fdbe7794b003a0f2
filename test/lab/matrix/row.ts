import type { Zones } from '../cluster/index.ts';
import type { PodIps } from './installed.ts';
import type { Addition } from './reach.ts';
import type { Said } from './words.ts';
import type { Watched, World } from './world.ts';

/** How docs/fault-matrix.md is divided, in its order. */
export const GROUPS = ['servers', 'pods', 'upstream', 'crowd', 'spec', 'ourselves'] as const;

/** Takes back what was broken. */
export type Mend = () => unknown;

/** One fault: what is broken, and all that may be said of it, written before it is run. */
export interface Row {
  /** Unique; a few words. */
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  /** What is broken, as one would do it. */
  readonly fault: string;
  /**
   * Services of the row's own, by name, with the target that they have while nothing is broken; they
   * are its victims. `www.<domain>.test` has addresses without being mentioned in {@link zones}.
   */
  readonly services?: Readonly<Record<string, string>>;
  /** Victims that are not just the services above: all, all whose target is outside the cluster, or all but those of a namespace. */
  readonly victims?: 'all' | 'external' | { readonly allBut: string } | readonly string[];
  /** What is outside for this row. */
  readonly zones?: Zones;
  /** What is right to say of a victim; several where chance decides. */
  readonly expected: readonly Said[];
  /** What is right for victims that never work, where it is something else. */
  readonly dead?: readonly Said[];
  /** What is right where pods have other addresses than IPv4 ones: only `up`, and what follows from it, may differ. */
  readonly where?: Readonly<Partial<Record<PodIps, RightWords>>>;
  /** What is said of a victim before and after; by default what the population has. */
  readonly usual?: Said;
  /** What may be said of a victim, besides, before it is right and until it is cleared. */
  readonly meanwhile?: readonly Said[];
  /** What may be said of a victim at any time, as chance has it. */
  readonly throughout?: readonly Said[];
  /** What may be said of all others beside `healthy`. */
  readonly others?: readonly Said[];
  /** What makes it slower than two rounds to detect; see {@link Addition}. */
  readonly detect?: readonly Addition[];
  /** What makes it slower than two rounds to clear. */
  readonly clear?: readonly Addition[];
  /** For how many rounds it must go on saying so; 2 by default. */
  readonly hold?: number;
  /**
   * A monitor of the row's own, started with these options; its words are judged, and the common
   * one's have to be those of {@link common}.
   */
  readonly monitor?: (world: World) => readonly string[];
  /** What the common monitor may say of the victims of a row with a {@link monitor} of its own, beside `healthy`. */
  readonly common?: readonly Said[];
  /**
   * Breaks it; returns how it is mended. Absent where the options of {@link monitor} are the fault:
   * then it is broken by that monitor's start.
   */
  readonly inject?: (world: World) => Promise<Mend>;
  /** Looks closer while it is broken; returns what it measured, for the page. @throws when that is wrong */
  readonly inspect?: (world: World, judged: Watched) => Promise<string>;
  /** Aliases that blackbox_exporter is asked about in place of the victims'. */
  readonly blackbox?: readonly string[];
  /** For the page: what is worth knowing. */
  readonly note?: string;
  /** Why no verdict can be right: the wire does not tell. {@link expected} is then what the wire says. */
  readonly limit?: string;
  /** Why our verdict is wrong: listed, and not a failure of the run. */
  readonly knownWrong?: string;
}

/** What a {@link Row} says that may depend on the addresses of pods. */
export type RightWords = Partial<Pick<Row, 'expected' | 'meanwhile' | 'usual'>>;

/** Rows that are broken at the same time; each with victims of its own. */
export type Batch = readonly Row[];

/** Whether its faults meet Services that other rows have as victims, too. */
export function isWide(batch: Batch): boolean {
  return batch.some(({ victims = [] }) => !Array.isArray(victims));
}

/** Whether a row is about address families: such are run with each kind of pod addresses. */
export function isAboutFamilies({ name }: Row): boolean {
  return /\b(A|AAAA|IPv4|IPv6)\b/.test(name);
}

/** The rows that are run where pods have these addresses, each with what is right there. */
export function batchesWhere(batches: readonly Batch[], podIps: PodIps): Batch[] {
  return batches
    .map((batch) => batch.filter((row) => podIps === 'ipv4' || isAboutFamilies(row)))
    .map((batch) => batch.map((row) => ({ ...row, ...row.where?.[podIps] })))
    .filter((batch) => batch.length > 0);
}
