import { until } from '../cluster/index.ts';
import type { Program } from '../program.ts';
import { type Sample, select, verdictsOf } from '../samples.ts';

/**
 * What is said of each Service, each word once in its order, from now until every Service that is there now has had so
 * many more rounds; and so have those of `more`, which may have been created just before.
 */
export async function said(
  monitor: Program,
  rounds: number,
  more: readonly string[] = [],
): Promise<Record<string, string[]>> {
  const words = new Map<string, Set<string>>();
  const look = async (): Promise<Map<string, number>> => {
    const samples = await monitor.samples();
    for (const [key, one] of Object.entries(verdictsOf(samples)))
      words.set(key, (words.get(key) ?? new Set()).add(one));
    return roundsOf(samples);
  };
  const start = await look();
  for (const key of more) start.set(key, start.get(key) ?? 0);
  const isEnough = async () => {
    const now = await look();
    return [...start].every(([key, before]) => (now.get(key) ?? 0) >= before + rounds);
  };
  await until(`${rounds} rounds of each`, isEnough, { deadlineMs: 90_000, everyMs: 100 });
  return Object.fromEntries([...words].map(([key, set]) => [key, [...set]]));
}

/** The rounds that each Service has had, by `namespace/name`. */
export function roundsOf(samples: readonly Sample[]): Map<string, number> {
  const rounds = new Map<string, number>();
  for (const { labels, value } of select(samples, 'externalname_service_rounds_total')) {
    const key = `${labels.namespace}/${labels.service}`;
    rounds.set(key, (rounds.get(key) ?? 0) + value);
  }
  return rounds;
}
