import { type Sample, select, verdictsOf } from '../fixtures/samples.ts';
import { until } from '../lab/cluster/index.ts';
import type { Program } from '../lab/program.ts';

/**
 * All words for each Service, each once and in order, until the Services in `keys` (by default all)
 * have had this many more rounds.
 */
export async function said(
  monitor: Program,
  rounds: number,
  keys?: readonly string[],
): Promise<Record<string, string[]>> {
  const words = new Map<string, Set<string>>();
  const look = async (): Promise<Map<string, number>> => {
    const samples = await monitor.samples();
    for (const [key, one] of Object.entries(verdictsOf(samples)))
      words.set(key, (words.get(key) ?? new Set()).add(one));
    return roundsOf(samples);
  };
  const start = await look();
  const isEnough = async () => {
    const now = await look();
    const of = keys ?? [...start.keys()];
    return of.every((key) => (now.get(key) ?? 0) >= (start.get(key) ?? 0) + rounds);
  };
  await until(`${rounds} rounds of each`, isEnough, { deadlineMs: 90_000, everyMs: 100 });
  return Object.fromEntries([...words].map(([key, set]) => [key, [...set]]));
}

/** The number of rounds of each Service, by `namespace/name`. */
export function roundsOf(samples: readonly Sample[]): Map<string, number> {
  const rounds = new Map<string, number>();
  for (const { labels, value } of select(samples, 'externalname_service_rounds_total')) {
    const key = `${labels.namespace}/${labels.service}`;
    rounds.set(key, (rounds.get(key) ?? 0) + value);
  }
  return rounds;
}
