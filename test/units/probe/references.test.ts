/** Who is asked for what, and when: by a clock of our own, and against the embedded DNS server. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import * as tamper from '../../../src/demo/dns/tamper.ts';
import type {
  FromWorker,
  ProbeConfig,
  ReferenceConfig,
  ReferenceReport,
} from '../../../src/model/messages.ts';
import type { AddressHop } from '../../../src/model/round.ts';
import { startProbeWorker } from '../../../src/probe/client.ts';
import { type AskReference, MOST_AT_ONCE, References } from '../../../src/probe/references.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { specOf } from '../../fixtures/spec.ts';
import { until } from '../../lab/cluster/until.ts';

const MINUTE = 60_000;
const INTERVAL = 5 * MINUTE;

const CONFIG = probeConfig(parseServers('127.0.0.1'), { intervalMs: 30_000 });

function referenceOf(servers: string, change: Partial<ReferenceConfig> = {}): ReferenceConfig {
  return { servers: parseServers(servers), intervalMs: INTERVAL, zones: [], ...change };
}

function spec(name: string, target = `${name}.example.com`) {
  return specOf(name, { externalName: target });
}

interface Asked {
  readonly target: string;
  readonly server: string;
  readonly at: number;
}

/** References on a clock of the test's, that are answered after as many ms as `hold` says. */
function scripted(
  hold: (server: string, target: string) => number = () => 20,
  change: Partial<ReferenceConfig> = {},
) {
  const asked: Asked[] = [];
  const reports: ReferenceReport[] = [];
  const faults: string[] = [];
  const outstanding = new Map<string, number>();
  let most = 0;
  const ask: AskReference = async ({ label: server }, target) => {
    asked.push({ target, server, at: Date.now() });
    const count = (outstanding.get(server) ?? 0) + 1;
    outstanding.set(server, count);
    most = Math.max(most, count);
    await new Promise((resolve) => setTimeout(resolve, hold(server, target)));
    outstanding.set(server, (outstanding.get(server) ?? 0) - 1);
    return {} satisfies AddressHop;
  };
  const reference = referenceOf('198.51.100.1,198.51.100.2', change);
  const references = new References(
    CONFIG,
    reference,
    (report) => {
      if (report.type === 'reference') reports.push(report);
      else faults.push(report.error);
    },
    ask,
  );
  const times = (target: string, server = '198.51.100.1:53'): number[] =>
    asked.filter((one) => one.target === target && one.server === server).map(({ at }) => at);
  return { references, asked, reports, faults, times, most: () => most };
}

describe('an error of our own', () => {
  it('is reported, and the target has its next turn', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    let isBroken = true;
    const { references, reports, faults } = scripted(() => {
      if (isBroken) throw new Error('broken');
      return 20;
    });
    references.watch(spec('db'));
    await vi.advanceTimersByTimeAsync(2 * INTERVAL);
    isBroken = false;
    await vi.advanceTimersByTimeAsync(2 * INTERVAL);
    references.stop();
    vi.useRealTimers();
    expect(faults[0]).toContain('broken');
    expect(reports.length).toBeGreaterThan(0);
  });
});

describe('the schedule', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks for each distinct target once an interval, at each server', async () => {
    const { references, asked, reports, times } = scripted();
    for (const name of ['a', 'b', 'c']) references.watch(spec(name, 'shared.example.com'));
    references.watch(spec('d', 'own.example.com'));
    await vi.advanceTimersByTimeAsync(20 * INTERVAL);
    expect(new Set(asked.map(({ target }) => target))).toEqual(
      new Set(['shared.example.com', 'own.example.com']),
    );
    for (const target of ['shared.example.com', 'own.example.com']) {
      const [first, ...rest] = times(target);
      expect(times(target, '198.51.100.2:53')).toEqual([first, ...rest]);
      expect(rest.length).toBeGreaterThanOrEqual(18);
      expect(rest.length).toBeLessThanOrEqual(20);
      const gaps = rest.map((at, i) => at - ([first, ...rest][i] ?? 0));
      // The first turn comes early; the second no sooner than half an interval after it.
      expect(gaps.shift()).toBeGreaterThanOrEqual(INTERVAL * 0.5);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(INTERVAL * 0.8);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(INTERVAL * 1.2);
      expect(new Set(gaps).size).toBeGreaterThan(10);
    }
    expect(reports.length).toBe(asked.length);
  });

  it('spreads a first list evenly, and has asked for all of it within an interval', async () => {
    const { references, asked } = scripted();
    const count = 3_000;
    for (let i = 0; i < count; i++) references.watch(spec(`s${i}`));
    const start = Date.now();
    await vi.advanceTimersByTimeAsync(INTERVAL * 1.1);
    expect(new Set(asked.map(({ target }) => target)).size).toBe(count);
    const perSecond = new Map<number, number>();
    for (const { at, server } of asked) {
      if (server !== '198.51.100.1:53') continue;
      const second = Math.floor((at - start) / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    // Ten by their phase, and five new ones; five standard deviations more are no burst yet.
    expect(Math.max(...perSecond.values())).toBeLessThan(15 + 5 * Math.sqrt(15));
  });

  it('asks for a new or edited target after a short while, and no more for the old one', async () => {
    const { references, times } = scripted();
    references.watch(spec('db', 'old.example.com'));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(times('old.example.com').length).toBe(1);
    references.watch(spec('db', 'new.example.com'));
    expect(times('new.example.com').length).toBe(0);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(times('new.example.com').length).toBe(1);
    // A label of the Service was edited: that is no reason to ask.
    references.watch(spec('db', 'new.example.com'));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(times('new.example.com').length).toBe(1);
    await vi.advanceTimersByTimeAsync(10 * INTERVAL);
    expect(times('old.example.com').length).toBe(1);
    expect(times('new.example.com').length).toBeGreaterThanOrEqual(9);
  });

  it('does not ask for a target that changes faster than it is asked for', async () => {
    const { references, asked } = scripted();
    for (let i = 0; i < 1_000; i++) {
      references.watch(spec('db', `t${i}.example.com`));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(INTERVAL);
    expect(new Set(asked.map(({ target }) => target))).toEqual(new Set(['t999.example.com']));
  });

  it('ends with the last Service that has the target', async () => {
    const { references, times } = scripted();
    references.watch(spec('a', 'shared.example.com'));
    references.watch(spec('b', 'shared.example.com'));
    await vi.advanceTimersByTimeAsync(3 * INTERVAL);
    references.unwatch('shop/a');
    references.unwatch('shop/a');
    references.unwatch('shop/never-seen');
    const before = times('shared.example.com').length;
    await vi.advanceTimersByTimeAsync(3 * INTERVAL);
    const after = times('shared.example.com').length;
    expect(after).toBeGreaterThan(before);
    references.unwatch('shop/b');
    await vi.advanceTimersByTimeAsync(3 * INTERVAL);
    expect(times('shared.example.com').length).toBe(after);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not report the answer for a target that is gone, nor for its successor', async () => {
    const { references, asked, reports } = scripted(() => MINUTE);
    references.watch(spec('a', 'shared.example.com'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked.length).toBe(2);
    references.unwatch('shop/a');
    references.watch(spec('b', 'shared.example.com'));
    await vi.advanceTimersByTimeAsync(MINUTE - 2_000);
    expect(reports).toEqual([]);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(reports.length).toBe(2);
  });

  it('is over when it is stopped', async () => {
    const { references, asked, reports } = scripted(() => 1_000);
    for (let i = 0; i < 100; i++) references.watch(spec(`s${i}`));
    await vi.advanceTimersByTimeAsync(10_000);
    references.stop();
    const [before, told] = [asked.length, reports.length];
    expect(before).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(3 * INTERVAL);
    expect(asked.length).toBe(before);
    expect(reports.length).toBe(told);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never has more than the cap outstanding at a server, however long it takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1_000, max: 20_000 }),
        fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 20 }),
        async (targets, intervalMs, holds) => {
          let asked = 0;
          const hold = (): number => holds[asked++ % holds.length] ?? 0;
          const { references, most } = scripted(hold, { intervalMs });
          for (let i = 0; i < targets; i++) references.watch(spec(`s${i}`));
          await vi.advanceTimersByTimeAsync(60_000);
          references.stop();
          await vi.runAllTimersAsync();
          expect(most()).toBeLessThanOrEqual(MOST_AT_ONCE);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('asks a server that hangs for no target twice at once, counts what it left out, and keeps to its pace at the other', async () => {
    const hangs = '198.51.100.1:53';
    const { references, times, most, asked } = scripted(
      (server) => (server === hangs ? 10 * INTERVAL : 20),
      { intervalMs: 10_000 },
    );
    for (let i = 0; i < 30; i++) references.watch(spec(`s${i}`));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(most()).toBe(MOST_AT_ONCE);
    const ofHanging = asked.filter(({ server }) => server === hangs);
    expect(ofHanging.length).toBe(MOST_AT_ONCE);
    expect(times('s0.example.com', '198.51.100.2:53').length).toBeGreaterThanOrEqual(9);
    const { reference = 0 } = references.takeSkipped();
    expect(reference).toBeGreaterThanOrEqual(30 * 8);
    expect(references.takeSkipped()).toEqual({});
  });
});

// Side by side, because they mostly wait.
describe.concurrent('what is sent', () => {
  const running: { stop(): unknown }[] = [];

  afterAll(async () => {
    await Promise.all(running.splice(0).map((part) => part.stop()));
  });

  async function serve(): Promise<DnsServer> {
    const dns = new DnsServer({ zone: 'reference.invalid' });
    await dns.start();
    running.push(dns);
    dns.internet.set('db.example.com', { a: ['192.0.2.1'], aaaa: ['2001:db8::1'] });
    return dns;
  }

  function run(servers: readonly DnsServer[], change: Partial<ReferenceConfig> = {}) {
    const reports: ReferenceReport[] = [];
    const addresses = servers.map(({ address }) => address).join(',');
    const reference = referenceOf(addresses, { intervalMs: 1_000, ...change });
    const references = new References(CONFIG, reference, (report) => {
      if (report.type === 'reference') reports.push(report);
    });
    running.push(references);
    return { references, reports };
  }

  it('is A and AAAA of the target with EDNS, to each server by itself', async () => {
    const [up, down] = [await serve(), await serve()];
    down.tamper(tamper.drop);
    const { references, reports } = run([up, down]);
    references.watch(spec('db'));
    const from = (server: DnsServer): ReferenceReport[] =>
      reports.filter((report) => report.server === server.address);
    await until('three rounds of both', () => from(up).length >= 3 && from(down).length >= 3);
    expect(from(up)[0]).toMatchObject({
      type: 'reference',
      target: 'db.example.com',
      hop: {
        A: { outcome: 'ok', addresses: ['192.0.2.1'], server: up.address },
        AAAA: { outcome: 'ok', addresses: ['2001:db8::1'] },
      },
    });
    expect(from(down)[0]?.hop.A).toMatchObject({ outcome: 'timeout', server: down.address });
    expect(from(down)[0]?.hop.A?.exchanges.length).toBe(1);
    for (const { name, type, edns } of [...up.queries, ...down.queries]) {
      expect([name, ['A', 'AAAA'].includes(type), edns]).toEqual(['db.example.com', true, 1232]);
    }
    // Another port each time: a forged reply must guess it anew.
    expect(new Set(up.queries.map(({ sourcePort }) => sourcePort)).size).toBeGreaterThanOrEqual(3);
  });

  it('holds no name that must stay in the cluster, and no name of a chain', async () => {
    const dns = await serve();
    dns.internet.set('www.example.com', { cname: 'secret.corp.example.com' });
    // NOERROR: a resolver that does not follow, so that the rest would be ours to ask for.
    dns.tamper(({ reply }) => {
      const bare = Buffer.from(reply);
      bare.writeUInt16BE(bare.readUInt16BE(2) & ~0xf, 2);
      return [bare];
    });
    const { references, reports } = run([dns]);
    const targets = [
      'www.example.com',
      'db.other.svc.cluster.local',
      'cluster.local',
      'redis',
      'redis.other',
      'redis.other.svc',
      'db.corp.internal',
      '192.0.2.1',
      '2001:db8::1',
      `${'a'.repeat(64)}.example.com`,
    ];
    for (const [i, target] of targets.entries()) references.watch(spec(`s${i}`, target));
    await until('several rounds', () => reports.length >= 4);
    expect(reports[0]?.hop.A).toMatchObject({
      outcome: 'bare_cname',
      chain: [{ name: 'secret.corp.example.com' }],
    });
    expect(new Set(dns.queries.map(({ name }) => name))).toEqual(new Set(['www.example.com']));
  });

  it('is only what lies in the zones, if there are any', async () => {
    const dns = await serve();
    const { references, reports } = run([dns], { zones: ['example.com', 'corp.internal'] });
    const targets = ['db.example.com', 'db.corp.internal', 'db.notexample.com', 'db.example.org'];
    for (const target of targets) references.watch(spec(target, target));
    await until('several rounds', () => reports.length >= 6);
    expect(new Set(dns.queries.map(({ name }) => name))).toEqual(
      new Set(['db.example.com', 'db.corp.internal']),
    );
  });

  it('comes from the worker, where references are configured', async () => {
    const dns = await serve();
    const cluster = await serve();
    const messages: FromWorker[] = [];
    const config: ProbeConfig = {
      ...CONFIG,
      servers: parseServers(cluster.address),
      reference: referenceOf(dns.address, { intervalMs: 1_000 }),
    };
    const failures: Error[] = [];
    const worker = startProbeWorker(
      config,
      (message) => messages.push(message),
      (error) => failures.push(error),
    );
    running.push(worker);
    worker.watch([spec('db')], 'known');
    const reports = (): FromWorker[] => messages.filter(({ type }) => type === 'reference');
    await until('reports', () => reports().length >= 2);
    expect(reports()[0]).toMatchObject({ target: 'db.example.com', server: dns.address });
    worker.unwatch(['shop/db']);
    const watched = messages.length;
    // What was under way is over when the worker has told of its health twice since.
    const health = (): number =>
      messages.slice(watched).filter(({ type }) => type === 'worker').length;
    await until('two more health reports', () => health() >= 2);
    const asked = dns.queryCount;
    await until('two more health reports', () => health() >= 5);
    expect(dns.queryCount).toBe(asked);
    expect(failures).toEqual([]);
  });
});
