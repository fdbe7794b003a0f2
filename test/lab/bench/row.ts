import type { Lab } from './lab.ts';

/** One measured value, compared with its limit. */
export interface Reading {
  readonly what: string;
  /** Formatted for people. */
  readonly measured: string;
  /** The same measure of the reference, in the same run. */
  readonly reference?: string;
  /** A ratio or an error, to be compared with the limit. */
  readonly value: number;
  readonly unit: string;
  /** Maximum of `value`. Absent if the reading only explains another one. */
  readonly limit?: number;
}

export interface Row {
  /** The name for `--only`. */
  readonly name: string;
  readonly title: string;
  /** Runs only with `--full`, or if `--only` names it. */
  readonly isLong?: boolean;
  /** @throws Error if it cannot run; never because of a missed limit */
  run(lab: Lab): Promise<Reading[]>;
}
