/** Runs every query of dashboards until each has returned data. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prometheus, Series } from '../alerting/prometheus.ts';
import type { Board, PanelQuery } from './board.ts';
import { builtIns, type Choice, choices, fillIn, stepOf } from './variables.ts';

/** The API of Prometheus that is used here. */
export type Asked = Pick<Prometheus, 'query' | 'queryRange' | 'labelValues'>;

export interface Checking {
  /** Start of the shown time range, in seconds since the epoch; it ends now. */
  readonly since: number;
  /** The scrape interval, in seconds. */
  readonly scrape: number;
  /** Minimum duration in ms, so that rare errors are found. */
  readonly atLeastMs: number;
  /** After this, a query without data has failed. */
  readonly atMostMs: number;
}

/** The result of one query of a panel. */
export interface Checked {
  readonly board: string;
  readonly query: PanelQuery;
  /** Number of series with a value, at the last time that it had any. */
  readonly series: number;
  /** The error; undefined if there is none. */
  readonly wrong?: string;
}

/** A running query, with the choice at which it last returned data. */
interface Open {
  readonly board: Board;
  readonly query: PanelQuery;
  choice?: Choice;
  series: number;
  error?: string;
}

const PAUSE_MS = 5_000;

/**
 * Repeats the queries of every panel. A panel is empty if it never returned data, with any choice.
 * One error counts even if later runs succeed.
 */
export async function check(
  boards: readonly Board[],
  prometheus: Asked,
  checking: Checking,
): Promise<Checked[]> {
  const open: Open[] = boards.flatMap((board) =>
    board.queries.map((query) => ({ board, query, series: 0 })),
  );
  const start = performance.now();
  const past = (ms: number): boolean => performance.now() - start >= ms;
  for (;;) {
    for (const board of boards) {
      const all = await choices(board.variables, prometheus);
      for (const one of open) {
        if (one.board === board && one.error === undefined)
          await look(one, all, prometheus, checking);
      }
    }
    const done = open.every(({ series, error }) => series > 0 || error !== undefined);
    if (past(checking.atMostMs) || (done && past(checking.atLeastMs))) break;
    await sleep(PAUSE_MS);
  }
  return open.map(checked);
}

async function look(
  open: Open,
  all: readonly Choice[],
  prometheus: Asked,
  checking: Checking,
): Promise<void> {
  // Once a query has returned data, only that choice is repeated.
  for (const choice of open.choice ? [open.choice] : all) {
    try {
      const shown = (await ask(open.query, choice, prometheus, checking)).filter(hasValue);
      if (shown.length === 0) continue;
      open.choice = choice;
      open.series = shown.length;
    } catch (error) {
      open.error = error instanceof Error ? error.message : String(error);
    }
    return;
  }
}

function ask(
  query: PanelQuery,
  choice: Choice,
  prometheus: Asked,
  { since, scrape }: Checking,
): Promise<Series[]> {
  const now = Date.now() / 1_000;
  const range = { start: since, end: now, step: stepOf(query, now - since, scrape) };
  const expression = fillIn(query.expr, { ...choice, ...builtIns(range, scrape) });
  return query.instant
    ? prometheus.query(expression)
    : // The last point is now; in Grafana it is a multiple of the step, but the time range is short here.
      prometheus.queryRange(expression, { ...range, start: now - stepsWithin(range) });
}

function stepsWithin({ start, end, step }: { start: number; end: number; step: number }): number {
  return Math.floor((end - start) / step) * step;
}

/** NaN is not drawn. */
function hasValue({ values }: Series): boolean {
  return values.some(Number.isFinite);
}

function checked({ board, query, series, error }: Open): Checked {
  const empty = series > 0 ? undefined : `it shows nothing, got ${query.expr}`;
  const wrong = error ?? empty;
  return { board: board.file, query, series, ...(wrong === undefined ? {} : { wrong }) };
}
