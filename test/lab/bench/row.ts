import type { Lab } from './lab.ts';

/** One thing measured, held against what it should be at most. */
export interface Reading {
  readonly what: string;
  /** As a person reads it. */
  readonly measured: string;
  /** What the same cost or took elsewhere, in the same run. */
  readonly reference?: string;
  /** A ratio or an error: what is held against the reach. */
  readonly value: number;
  readonly unit: string;
  /** The reach: `value` is at most this. Absent where the reading only explains another. */
  readonly limit?: number;
}

export interface Row {
  /** As `--only` takes it. */
  readonly name: string;
  readonly title: string;
  /** Only with `--full`, or where it is asked for by name. */
  readonly isLong?: boolean;
  /** @throws if it cannot run; never because a reach is missed */
  run(lab: Lab): Promise<Reading[]>;
}
