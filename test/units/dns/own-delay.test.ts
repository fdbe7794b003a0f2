import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { Resolver } from '../../../src/dns/resolver.ts';
import type { QueryResult, Transport } from '../../../src/model/round.ts';

const HOLD_MS = 40;
const question = { name: 'api.example.com', type: 'CNAME' } as const;
let worker: Worker;
let ports: Record<Transport, number>;

beforeAll(async () => {
  const file = new URL('./answering-worker.ts', import.meta.url);
  worker = new Worker(file, { workerData: { holdMs: HOLD_MS }, execArgv: [] });
  [ports] = (await once(worker, 'message')) as [typeof ports];
});

afterAll(() => worker.terminate());

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Between reading and the timers of a turn, where a timer that is due fires before anything more is read. */
async function blockBeforeTimers(ms: number): Promise<void> {
  await new Promise(setImmediate);
  block(ms);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks, with `meanwhile` to happen once the query is on its way. */
async function ask(
  transport: Transport,
  timeoutMs: number,
  meanwhile: () => void | Promise<void> = () => {},
): Promise<QueryResult> {
  const resolver = new Resolver({
    servers: parseServers(`127.0.0.1:${ports[transport]}`),
    timeoutMs,
    attempts: 1,
    stub: { useVc: transport === 'tcp' },
  });
  const asked = resolver.ask(question, { edns: false });
  await sleep(HOLD_MS / 4);
  await meanwhile();
  const result = await asked;
  resolver.close();
  return result;
}

describe.each(['udp', 'tcp'] as const)('our own delay over %s', (transport) => {
  it('is none in a loop that is idle', async () => {
    let { seconds } = await ask(transport, 1_000);
    // On a busy machine the loop is late now and then.
    while (seconds === undefined) ({ seconds } = await ask(transport, 1_000));
    expect(seconds * 1000).toBeGreaterThanOrEqual(HOLD_MS - 1);
  });

  it('makes no latency of a reply that waited in the socket', async () => {
    const result = await ask(transport, 1_000, () => block(200));
    expect(result).toMatchObject({ outcome: 'nodata', exchanges: [{ outcome: 'nodata' }] });
    expect(result).not.toHaveProperty('seconds');
    expect(result.exchanges[0]).not.toHaveProperty('seconds');
  });

  it('makes no timeout of a reply that waited in the socket', async () => {
    const result = await ask(transport, 2 * HOLD_MS, () => blockBeforeTimers(300));
    expect(result.outcome).toBe('nodata');
    expect(result).not.toHaveProperty('seconds');
  });

  it('does not matter once it is over before the reply comes', async () => {
    const result = await ask(transport, 1_000, async () => {
      block(HOLD_MS / 4);
      // The loop has polled since, though nothing of ours was read in that turn: the gap counts as a whole.
      await sleep(1);
    });
    expect(result.outcome).toBe('nodata');
  });
});

describe('many replies read in one turn', () => {
  it('have no latency if they waited', async () => {
    const resolver = new Resolver({
      servers: parseServers(`127.0.0.1:${ports.udp}`),
      timeoutMs: 1_000,
      attempts: 1,
    });
    const asked = Array.from({ length: 20 }, () => resolver.ask(question, { edns: false }));
    await sleep(HOLD_MS / 4);
    block(200);
    const results = await Promise.all(asked);
    resolver.close();
    expect(results.filter(({ seconds }) => seconds !== undefined)).toEqual([]);
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['nodata']));
  });
});
