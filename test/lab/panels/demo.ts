/** Runs every query of our dashboards against a real Prometheus that scrapes the real demo. */
import { join } from 'node:path';
import { startPrometheus } from '../alerting/alerting.ts';
import { QUICK_RULES } from '../alerting/quick-rules.ts';
import { Program } from '../program.ts';
import { readBoards } from './board.ts';
import { type Checked, type Checking, check } from './check.ts';

const FOLDER = join(import.meta.dirname, '../../../grafana');

const SCRAPE_MS = 1_000;

/** @throws Error if the demo or Prometheus does not start, or a dashboard cannot be read */
export async function checkOnDemo(
  times: Pick<Checking, 'atLeastMs' | 'atMostMs'>,
): Promise<Checked[]> {
  const boards = readBoards(FOLDER);
  await using stack = new AsyncDisposableStack();
  const demo = stack.adopt(
    await Program.start(['demo', '--listen=127.0.0.1:0']),
    async (program) => void (await program.stop()),
  );
  const since = Date.now() / 1_000;
  const prometheus = await startPrometheus(stack, {
    target: new URL(demo.url).host,
    scrapeMs: SCRAPE_MS,
    rules: QUICK_RULES,
  });
  return await check(boards, prometheus, { ...times, since, scrape: SCRAPE_MS / 1_000 });
}

/** One line for each failed query. */
export function complaints(checked: readonly Checked[]): string[] {
  return checked.flatMap(({ board, query, wrong }) =>
    wrong === undefined ? [] : [`${board}: "${query.panel}" (${query.refId}): ${wrong}`],
  );
}
