/** Runs every query of dashboards until each has shown something. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prometheus, Series } from '../alerting/prometheus.ts';
import type { Board, PanelQuery } from './board.ts';
import { builtIns, type Choice, choices, fillIn, stepOf } from './variables.ts';

/** What is asked. */
export type Asked = Pick<Prometheus, 'query' | 'queryRange' | 'labelValues'>;

export interface Checking {
  /** What the panels show begins here, in seconds since the epoch; it ends now. */
  readonly since: number;
  /** The scrape interval, in seconds. */
  readonly scrape: number;
  /** Goes on this long in any case, in ms, so that what goes wrong only now and then is seen. */
  readonly atLeastMs: number;
  /** Then what has shown nothing yet has failed. */
  readonly atMostMs: number;
}

/** What became of one query of a panel. */
export interface Checked {
  readonly board: string;
  readonly query: PanelQuery;
  /** Series with a value, when it last had any. */
  readonly series: number;
  /** What is wrong with it; undefined if nothing is. */
  readonly wrong?: string;
}

/** A query under way: with the choice at which it last had something to show. */
interface Open {
  readonly board: Board;
  readonly query: PanelQuery;
  choice?: Choice;
  series: number;
  error?: string;
}

const PAUSE_MS = 5_000;

/**
 * Asks again and again what every panel asks. A panel is empty if it was so all along, whatever was
 * chosen; an error is one for good, even if it came once.
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
  // What has shown something once is asked with that choice only.
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
    : // The last point is now, where Grafana has it at a multiple of the step: the time is short here.
      prometheus.queryRange(expression, { ...range, start: now - stepsWithin(range) });
}

function stepsWithin({ start, end, step }: { start: number; end: number; step: number }): number {
  return Math.floor((end - start) / step) * step;
}

/** NaN is drawn as nothing. */
function hasValue({ values }: Series): boolean {
  return values.some(Number.isFinite);
}

function checked({ board, query, series, error }: Open): Checked {
  const empty = series > 0 ? undefined : `it shows nothing, got ${query.expr}`;
  const wrong = error ?? empty;
  return { board: board.file, query, series, ...(wrong === undefined ? {} : { wrong }) };
}
