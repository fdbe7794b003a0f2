/** Which targets are asked for, how often, and what is reported: on a clock of the test's. */
import packet from 'dns-packet';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import type { AskOptions, OpenAsker } from '../../../src/dns/resolver.ts';
import type { FaultReport, SignatureReport } from '../../../src/model/messages.ts';
import type { Outcome } from '../../../src/model/outcome.ts';
import { Budget } from '../../../src/probe/budget.ts';
import { REAL_CLOCK } from '../../../src/probe/clock.ts';
import { EVERY_MS, Signatures } from '../../../src/probe/signatures.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { specOf } from '../../fixtures/spec.ts';

const START = Date.UTC(2026, 0, 1);
const ENDS = START / 1000 + 86_400;
const MINUTE = 60_000;

function signedAnswer(name: string, type: 'A' | 'AAAA'): Buffer {
  const data = type === 'A' ? '192.0.2.1' : '2001:db8::1';
  const times = { expiration: ENDS, inception: ENDS - 14 * 86_400, originalTTL: 60 };
  const key = { algorithm: 13, labels: 3, keyTag: 1, signature: Buffer.alloc(64) };
  const rrsig = { typeCovered: type, ...key, ...times, signersName: 'example.com' };
  return packet.encode({
    type: 'response',
    id: 1,
    flags: 0x0580,
    questions: [{ name, type }],
    answers: [
      { type, name, ttl: 60, data },
      { type: 'RRSIG', name, ttl: 60, data: rrsig },
    ],
  });
}

interface Asked {
  readonly name: string;
  readonly type: string;
  readonly at: number;
  readonly options: AskOptions;
}

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** `answer`: the outcome by type, `ok` unless said otherwise. */
function start(answer: (type: string) => Outcome = () => 'ok', isSilent = () => false) {
  const asked: Asked[] = [];
  const reports: (SignatureReport | FaultReport)[] = [];
  const open: OpenAsker = ({ servers, onExchange }) => ({
    ask: async ({ name, type }, options) => {
      if (type !== 'A' && type !== 'AAAA') throw new Error(`Cannot answer: got ${type}`);
      const server = servers[0]?.label ?? '';
      const release = await options.permit?.(servers[0] as never);
      asked.push({ name, type, at: Date.now(), options });
      await new Promise((resolve) => setTimeout(resolve, 10));
      const outcome = answer(type);
      const exchange = { server, transport: 'udp', outcome } as const;
      const said = { outcome, addresses: [], chain: [] };
      const message = outcome === 'ok' ? { message: signedAnswer(name, type) } : {};
      onExchange?.({
        question: { name, type },
        edns: true,
        startedAt: 0,
        exchanged: { exchange, answer: said, ...message },
      });
      release?.(true);
      return { ...said, server, exchanges: [exchange] };
    },
    askAddresses: () => Promise.reject(new Error('not asked')),
    close: () => {},
  });
  const budget = new Budget(10, REAL_CLOCK);
  const config = probeConfig(parseServers('10.96.0.10'), { intervalMs: 30_000 });
  const report = (one: SignatureReport | FaultReport) => void reports.push(one);
  const signatures = new Signatures(config, { open, budget, isSilent, report });
  const watch = (name: string, target = `${name}.example.com`) =>
    signatures.watch(specOf(name, { externalName: target }));
  return { signatures, watch, asked, reports, budget };
}

describe('Signatures', () => {
  it('reports when the signature of a target ends, to all Services that have it, once an hour', async () => {
    const { watch, asked, reports, signatures } = start();
    watch('a', 'db.example.com');
    watch('b', 'db.example.com');
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(reports).toMatchObject([
      {
        type: 'signature',
        target: 'db.example.com',
        keys: ['shop/a', 'shop/b'],
        signature: { zone: 'example.com', endsAt: ENDS * 1000 },
        results: [{ outcome: 'ok' }],
      },
    ]);
    expect(asked[0]?.options).toMatchObject({ edns: true, dnssec: true });
    await vi.advanceTimersByTimeAsync(24 * EVERY_MS);
    expect(asked.length).toBeGreaterThanOrEqual(23);
    expect(asked.length).toBeLessThanOrEqual(26);
    signatures.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks for AAAA where there is no A, and reports an answer without a signature', async () => {
    const ipv6 = start((type) => (type === 'A' ? 'nodata' : 'ok'));
    ipv6.watch('a');
    const none = start(() => 'nxdomain');
    none.watch('a');
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(ipv6.asked.map(({ type }) => type)).toEqual(['A', 'AAAA']);
    expect(ipv6.reports[0]).toMatchObject({ signature: { zone: 'example.com' } });
    expect(none.reports[0]).toMatchObject({ results: [{ outcome: 'nxdomain' }, {}] });
    expect(none.reports[0]).not.toHaveProperty('signature');
  });

  it('asks for nothing that cluster DNS answers by itself, and for nothing while it is silent', async () => {
    const { watch, asked } = start();
    for (const target of ['a.b.svc.cluster.local', '192.0.2.1', `${'a'.repeat(64)}.example.com`])
      watch(target.slice(0, 5), target);
    const silent = start(undefined, () => true);
    silent.watch('a');
    await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
    expect(asked).toEqual([]);
    expect(silent.asked).toEqual([]);
  });

  it('spreads a first list, at a few a second', async () => {
    const { watch, asked } = start();
    for (let i = 0; i < 2_000; i++) watch(`s${i}`);
    await vi.advanceTimersByTimeAsync(1.1 * EVERY_MS);
    expect(new Set(asked.map(({ name }) => name)).size).toBe(2_000);
    const perSecond = new Map<number, number>();
    for (const { at } of asked) {
      const second = Math.floor((at - START) / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(10);
  });

  it('waits for a permit, and does not ask for a target that has gone meanwhile', async () => {
    const { watch, asked, budget, signatures, reports } = start();
    const releases = Array.from({ length: 10 }, (_, i) => budget.tryTake(`d${i}`));
    watch('a');
    await vi.advanceTimersByTimeAsync(3 * EVERY_MS);
    expect(asked).toEqual([]);
    // Its turns meanwhile do not pile up.
    expect(budget.waiting).toBe(1);
    signatures.unwatch('shop/a');
    for (const release of releases) release?.(true);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(reports).toEqual([]);
    expect(budget.outstanding).toBe(0);
  });

  it('reports an error of our own, and goes on', async () => {
    let isBroken = true;
    const { watch, reports } = start(() => {
      if (isBroken) throw new Error('broken');
      return 'ok';
    });
    watch('a');
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(reports).toMatchObject([{ type: 'fault', reason: 'signature' }]);
    isBroken = false;
    await vi.advanceTimersByTimeAsync(1.7 * EVERY_MS);
    expect(reports[1]).toMatchObject({ type: 'signature' });
  });
});
