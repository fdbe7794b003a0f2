/** Do no harm: caps, the breaker, per-Service settings; against the embedded DNS server. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { parseServers } from '../../../src/config/values.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import * as tamper from '../../../src/demo/dns/tamper.ts';
import type { FromWorker, News, ProbeConfig, RoundReport } from '../../../src/model/messages.ts';
import type { Round } from '../../../src/model/round.ts';
import { Prober } from '../../../src/probe/prober.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { type SpecChange, specOf } from '../../fixtures/spec.ts';
import { until } from '../../lab/cluster/until.ts';

/** Stopped at the end: the tests run side by side, because they mostly wait. */
const running: { stop(): unknown }[] = [];

afterAll(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});

async function start(change: Partial<ProbeConfig> = {}) {
  const dns = new DnsServer({
    services: (namespace, name) => {
      if (namespace === 'default') return { type: 'ClusterIP', addresses: ['10.96.0.1'] };
      if (namespace === 'other') return { type: 'ClusterIP', addresses: ['10.96.0.2'] };
      return { type: 'ExternalName', externalName: targets.get(name) ?? `${name}.example.com` };
    },
  });
  await dns.start();
  const targets = new Map<string, string>();
  const rounds: RoundReport[] = [];
  const reports: FromWorker[] = [];
  const quick = { intervalMs: 600, timeoutMs: 300, concurrency: 500, maxOutstanding: 20 };
  const config = probeConfig(parseServers(dns.address), { ...quick, ...change });
  const prober = new Prober(config, (message) => {
    reports.push(message);
    if (message.type === 'round') rounds.push(message);
  });
  running.push(prober, dns);
  const watch = (
    name: string,
    target?: string,
    settings: SpecChange['settings'] = {},
    news: News = 'known',
  ): void => {
    if (target) targets.set(name, target);
    else dns.internet.set(`${name}.example.com`, { a: ['192.0.2.1'] });
    const externalName = target ?? `${name}.example.com`;
    const pace = { intervalMs: config.intervalMs, ...settings };
    prober.watch(specOf(name, { externalName, settings: pace }), news);
  };
  return { dns, prober, rounds, reports, watch };
}

describe.concurrent('the cap on queries that need forwarding', () => {
  it('holds however many targets hang', async () => {
    const { dns, rounds, watch } = await start({ timeoutMs: 500 });
    const names = Array.from({ length: 30 }, (_, i) => `s${i}`);
    for (const name of names) watch(name);
    const waiting = new Set<object>();
    let most = 0;
    // Never answered; each counts as outstanding until well before the prober may give up on it.
    dns.tamper(({ query }) => {
      const token = {};
      if (!query.toString('latin1').includes('kubernetes') && !isCname(query)) {
        waiting.add(token);
        most = Math.max(most, waiting.size);
        void setTimeout(50).then(() => waiting.delete(token));
      }
      return isCname(query) || query.toString('latin1').includes('kubernetes') ? undefined : [];
    });
    await until(
      'every Service to have its say',
      () => new Set(rounds.map(({ key }) => key)).size === 30,
      { deadlineMs: 30_000 },
    );
    // So many are out within 50 ms even on a busy machine.
    expect(most).toBeGreaterThan(5);
    expect(most).toBeLessThanOrEqual(20);
  }, 40_000);

  it('does not keep what needs no forwarding, or answers, behind what hangs', async () => {
    const { dns, rounds, watch } = await start({ maxOutstanding: 8, timeoutMs: 2_000 });
    for (let i = 0; i < 30; i++) watch(`hangs${i}`);
    dns.tamper(({ query }) =>
      query.toString('latin1').includes('hangs') && !isCname(query) ? [] : undefined,
    );
    watch('local', 'db.other.svc.cluster.local');
    await until(
      'the local one, many times',
      () => rounds.filter(({ key }) => key === 'shop/local').length >= 5,
    );
    expect(rounds.filter(({ key }) => key === 'shop/local').every((report) => isOk(report))).toBe(
      true,
    );
  });
});

describe.concurrent('the owner of a target', () => {
  it('is not past the cap by a CNAME into the cluster', async () => {
    const { dns, prober, rounds, watch } = await start({ maxOutstanding: 4, timeoutMs: 1_000 });
    const names = Array.from({ length: 30 }, (_, i) => `s${i}`);
    for (const name of names) {
      const target = `${name}.example.com`;
      dns.internet.set(target, { cname: 'nowhere.default.svc.cluster.local' });
      watch(name, target);
    }
    const isAsked = (name: string): boolean => rounds.some(({ key }) => key === `shop/${name}`);
    await until('a round of each', () => names.every(isAsked), { deadlineMs: 20_000 });
    const hung = new Set<string>();
    dns.tamper(({ query }) => {
      if (isCname(query) || query.includes('kubernetes')) return undefined;
      hung.add(`${prober.outstanding}`);
      return [];
    });
    const before = dns.queryCount;
    await until('queries that hang', () => hung.has('4'), { deadlineMs: 20_000 });
    await setTimeout(800);
    // Each of 30 rounds has a CNAME, which is answered, and two queries that are not.
    const forwarded = dns.queries
      .slice(-(dns.queryCount - before))
      .filter(({ type, name }) => type !== 'CNAME' && !name.startsWith('kubernetes'));
    expect(forwarded.length).toBeLessThanOrEqual(4 * 3);
  }, 40_000);

  it('does not keep others waiting by new Services', async () => {
    const { dns, prober, rounds, watch } = await start({ concurrency: 4, timeoutMs: 30_000 });
    dns.tamper(({ query }) => (query.includes('hangs') && !isCname(query) ? [] : undefined));
    for (let i = 0; i < 8; i++) watch(`s${i}`, `hangs${i}.test`, { intervalMs: 60_000 }, 'fresh');
    // Their aliases have been asked for by then, and all their first rounds hang.
    await until('the first rounds', () => prober.outstanding === 16, { deadlineMs: 10_000 });
    watch('local', 'db.other.svc.cluster.local');
    const count = (): number => rounds.filter(({ key }) => key === 'shop/local').length;
    await until('the local one', () => count() >= 2);
    // None of them has been given up meanwhile.
    expect(prober.outstanding).toBe(16);
  }, 20_000);
});

describe.concurrent('an edited target', () => {
  it('does not wait for queries about the one before', async () => {
    const { dns, prober, rounds, watch } = await start({
      maxOutstanding: 4,
      timeoutMs: 2_000,
      intervalMs: 60_000,
    });
    dns.tamper(({ query }) => (query.includes('hangs') && !isCname(query) ? [] : undefined));
    for (let i = 0; i < 10; i++) watch(`s${i}`, `s${i}.hangs.example.com`, { intervalMs: 500 });
    await until('a budget that is used up', () => prober.outstanding === 4);
    await setTimeout(1_000);
    dns.internet.set('works.test', { a: ['192.0.2.1'] });
    for (let i = 5; i < 10; i++) watch(`s${i}`, 'works.test', { intervalMs: 500 });
    const isThere = (i: number): boolean =>
      rounds.some((report) => report.key === `shop/s${i}` && isOk(report));
    await until('rounds for the new one', () => [5, 6, 7, 8, 9].every(isThere), {
      deadlineMs: 6_000,
    });
  }, 20_000);

  it('is no silence of cluster DNS', async () => {
    const { dns, rounds, watch, reports } = await start({ timeoutMs: 2_000, intervalMs: 60_000 });
    dns.tamper(({ query }) =>
      query.includes('svc') && !query.includes('kubernetes') ? [] : undefined,
    );
    watch('db', undefined, { intervalMs: 300 });
    await until('its first query', () => dns.queriesFor('db.shop.svc.cluster.local').length > 0);
    const controls = (): number => reports.filter(({ type }) => type === 'control').length;
    // The one of the start; the next is a minute away, unless silence is suspected.
    await until('the first control query', () => controls() === 1);
    for (let i = 0; i < 5; i++) {
      watch('db', `other${i}.example.com`, { intervalMs: 300 });
      await setTimeout(450);
    }
    expect(rounds.filter(({ kind }) => kind === 'judged')).toEqual([]);
    expect(controls()).toBe(1);
  }, 20_000);
});

describe.concurrent('the breaker', () => {
  it('says so of every Service without asking about it, and lets go with the first reply', async () => {
    const { dns, prober, rounds, watch } = await start();
    const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
    for (const name of names) watch(name);
    const all = (wanted: (report: RoundReport) => boolean): boolean =>
      names.every((name) =>
        rounds.some((report) => report.key === `shop/${name}` && wanted(report)),
      );
    await until('all healthy', () => all((report) => isOk(report)));
    rounds.length = 0;
    const end = dns.tamper(tamper.drop);
    await until('all silent', () => all(({ kind }) => kind === 'silent'), { deadlineMs: 20_000 });
    const asked = dns.queryCount;
    const reports = rounds.length;
    await until('two more intervals', () => rounds.length >= reports + 80);
    // Eighty rounds were due; only the control query and one sample a second went out.
    expect(dns.queryCount - asked).toBeLessThan(60);
    expect(prober.takeSkipped().silent).toBeGreaterThan(0);
    end();
    rounds.length = 0;
    await until('all back', () => all((report) => isOk(report)));
  }, 40_000);

  it('waits for no time-out of a round that was under way when it opened', async () => {
    const { dns, rounds, watch } = await start({
      timeoutMs: 1_000,
      attempts: 2,
      maxOutstanding: 8,
    });
    for (let i = 0; i < 20; i++) watch(`s${i}`);
    await until('all healthy', () => new Set(rounds.map(({ key }) => key)).size === 20);
    dns.tamper(tamper.drop);
    await until('one silent', () => rounds.some(({ kind }) => kind === 'silent'), {
      deadlineMs: 20_000,
    });
    const silent = (): Set<string> =>
      new Set(rounds.filter(({ kind }) => kind === 'silent').map(({ key }) => key));
    await until('all silent', () => silent().size === 20);
    // A round that went on to its end would have reported timeouts instead.
    const failed = rounds.filter(
      (report) => report.kind === 'judged' && report.round.alias?.outcome === 'timeout',
    );
    expect(failed).toEqual([]);
  }, 40_000);
});

describe.concurrent('settings of a Service', () => {
  it('asks only for the record types that it names', async () => {
    const { dns, rounds, watch } = await start();
    watch('db', undefined, { recordTypes: ['A'] });
    await until('a round', () => rounds.length > 0);
    expect(rounds[0]).toMatchObject({ kind: 'judged', earlier: [] });
    expect(Object.keys(roundOf(rounds[0])?.app ?? {})).toEqual(['A']);
    expect(dns.queries.filter(({ type }) => type === 'AAAA')).toEqual([]);
  });

  it('keeps to its interval, and to another one when that is edited', async () => {
    const { prober, rounds, watch } = await start({ intervalMs: 500 });
    watch('slow', undefined, { intervalMs: 3_600_000 });
    watch('fast');
    await until(
      'rounds of the fast one',
      () => rounds.filter(({ key }) => key === 'shop/fast').length >= 4,
    );
    expect(rounds.filter(({ key }) => key === 'shop/slow').length).toBeLessThanOrEqual(1);
    prober.watch(specOf('slow'), 'known');
    await until(
      'rounds of the slow one',
      () => rounds.filter(({ key }) => key === 'shop/slow').length >= 4,
    );
  });
});

describe.concurrent('an unqualified target', () => {
  it('is asked for with the cluster domain, too', async () => {
    const { rounds, watch } = await start();
    watch('alias', 'db.other');
    await until('a round', () => rounds.length > 0);
    expect(roundOf(rounds[0])?.corrections).toMatchObject([
      { name: 'db.other.svc.cluster.local', result: { outcome: 'ok' } },
    ]);
  });
});

function roundOf(report: RoundReport | undefined): Round | undefined {
  return report?.kind === 'judged' ? report.round : undefined;
}

function isOk(report: RoundReport): boolean {
  return roundOf(report)?.app?.A?.outcome === 'ok';
}

/** The type stands behind the name's last zero byte. */
function isCname(query: Buffer): boolean {
  const end = query.indexOf(0, 12);
  return query.readUInt16BE(end + 1) === 5;
}
