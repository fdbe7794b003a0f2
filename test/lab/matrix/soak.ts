/**
 * `npm run soak`: runs a realistic population, with targets that never work, for half an hour
 * (`-- --minutes=1` for less). The answers of the other targets rotate, and 1 % of the packets is
 * lost in each direction. Exits with status 1 at the first wrong verdict or blame.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { DecodedPacket, Packet } from 'dns-packet';
import { parseSamples, select } from '../../fixtures/samples.ts';
import { BASELINE } from './baseline.ts';
import { CACHE_MS, INTERVAL_MS } from './reach.ts';
import { World } from './world.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 600)) {
  throw new RangeError(`Cannot soak: --minutes must be from 0 to 600, got ${values.minutes}`);
}

/**
 * Between pods and cluster DNS, in either direction, so that a query and its reply both arrive in
 * 98 of 100 cases. CoreDNS retries a query that is lost behind it after 2 s. Pods do not wait that
 * long here, so that is not a false alarm.
 */
const LOSS = 1 - 0.99 ** 2;
const POOL = 40;
const ANSWERED = 8;
const CHECK_EVERY_MS = 1_000;

/** The next few addresses of a pool, in place of those in the zone. */
function rotated(reply: DecodedPacket): Packet {
  const { name, type } = reply.questions?.[0] ?? {};
  const owner = reply.answers?.findLast((answer) => answer.type === 'A')?.name;
  if (type !== 'A' || owner === undefined) return reply;
  const first = Math.floor(Math.random() * POOL);
  const pool = Array.from({ length: ANSWERED }, (_, i) => ({
    type: 'A' as const,
    name: owner,
    ttl: CACHE_MS / 1_000,
    data: `198.51.100.${1 + ((first + 5 * i) % POOL)}`,
  }));
  const chain = reply.answers?.filter((answer) => answer.type === 'CNAME') ?? [];
  return { ...reply, questions: [{ name: name ?? '', type: 'A' }], answers: [...chain, ...pool] };
}

await using world = await World.start([], { population: BASELINE });
const { watch } = world.common;
world.upstream({ rewrite: rotated });
world.cluster.dns.lossy(LOSS);
const startedAt = performance.now();
const hasEnded = (): boolean => performance.now() - startedAt > minutes * 60_000;
const wrong = (): string[] =>
  [...watch.seen.services].flatMap(([key, changes]) =>
    changes
      .filter(({ at, words }) => at > startedAt && words !== world.usual(key))
      .map(({ at, words }) => `${((at - startedAt) / 1_000).toFixed(1)} s: ${key} ${words}`),
  );
while (!hasEnded() && wrong().length === 0) await sleep(CHECK_EVERY_MS);
// The following rounds belong to the report as well.
if (wrong().length > 0) await sleep(3 * INTERVAL_MS);

const samples = parseSamples(watch.text);
const total = (name: string, labels = {}): number =>
  select(samples, name, labels).reduce((sum, { value }) => sum + value, 0);
const lines = [
  `${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes, ${watch.keys.length} Services, interval ${INTERVAL_MS / 1_000} s`,
  `${total('externalname_exchanges_total')} messages, ${total('externalname_exchanges_total', { outcome: 'timeout' })} without a reply`,
  `${total('externalname_service_rounds_total')} rounds, ${total('externalname_service_rounds_total', { result: 'down' })} of them down`,
  ...['addresses', 'replaced', 'network', 'chain'].map(
    (kind) => `${total('externalname_target_changes_total', { kind })} changes of the kind ${kind}`,
  ),
  `${wrong().length} false verdicts or blames`,
];
process.stdout.write(`${lines.join('\n')}\n`);
for (const one of wrong()) {
  const service = /\/(\S+) /.exec(one)?.[1] ?? '';
  const queries = select(samples, 'externalname_probes_total', { service }).map(
    ({ labels: { hop, type, outcome }, value }) => `${hop} ${type} ${outcome} ${value}`,
  );
  process.stdout.write(`${one}\n    ${queries.join(', ')}\n`);
}
const moved =
  total('externalname_target_changes_total') -
  total('externalname_target_changes_total', { kind: 'addresses' });
process.exitCode = wrong().length > 0 || moved > 0 ? 1 : 0;
