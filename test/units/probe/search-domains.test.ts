/** Which names are asked for, when, and what is made of the answers: in virtual time. */
import { describe, expect, it } from 'vitest';
import type { FaultReport, SearchDomainReport } from '../../../src/model/messages.ts';
import { Budget } from '../../../src/probe/budget.ts';
import { AGAIN_MS, EVERY_MS, FIRST_MS, SearchDomains } from '../../../src/probe/search-domains.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { FakeClock, FakeDns, type Script, SERVER } from './_fake.ts';

const MADE_UP = /^externalname-monitor-[0-9a-f]{16}\./;

interface Options {
  readonly domains?: readonly string[];
  readonly isSilent?: () => boolean;
  readonly maxOutstanding?: number;
}

function start(
  script: Script,
  { domains = ['corp.example'], isSilent = () => false, maxOutstanding = 10 }: Options = {},
) {
  const clock = new FakeClock();
  const dns = new FakeDns(clock);
  dns.script = script;
  const reports: (SearchDomainReport | FaultReport)[] = [];
  const budget = new Budget(maxOutstanding, clock);
  const config = probeConfig([SERVER], { searchDomains: domains });
  const report = (message: SearchDomainReport | FaultReport) => void reports.push(message);
  const parts = { clock, open: dns.open, budget, isSilent, report };
  const searchDomains = new SearchDomains(config, parts);
  const said = () =>
    reports.flatMap((one) => (one.type === 'search_domain' ? [[one.domain, one.wildcard]] : []));
  return { clock, dns, budget, reports, said, searchDomains };
}

/** Answers for any name below these, and for no other. */
const wildcardsAt =
  (...parents: readonly string[]): Script =>
  ({ name }) =>
    parents.some((parent) => name.endsWith(`.${parent}`)) ? 'ok' : 'nxdomain';

describe('SearchDomains', () => {
  it('finds a domain that answers for any name, confirmed by a second name', async () => {
    const { clock, dns, said, reports } = start(wildcardsAt('corp.example'));
    await clock.advance(FIRST_MS + 1_000);
    expect(said()).toEqual([['corp.example', true]]);
    const names = [...new Set(dns.asked.map(({ name }) => name))];
    expect(names.length).toBe(2);
    for (const name of names) expect(name).toMatch(MADE_UP);
    // As a pod asks for a Service in the form that lacks the last dot.
    expect(names[0]?.replace(MADE_UP, '')).toBe('default.svc.cluster.local.corp.example');
    expect(dns.asked.map(({ type }) => type).toSorted()).toEqual(['A', 'A', 'AAAA', 'AAAA']);
    expect(reports[0]).toMatchObject({ example: { name: names[0], addresses: ['192.0.2.1'] } });
  });

  it('finds one that answers only directly below it', async () => {
    const script: Script = ({ name }) =>
      name.endsWith('.corp.example') && !name.includes('.svc.') ? 'ok' : 'nxdomain';
    const { clock, said } = start(script);
    await clock.advance(FIRST_MS + 1_000);
    expect(said()).toEqual([['corp.example', true]]);
  });

  it('finds nothing wrong with a domain that denies both names, and asks again in an hour', async () => {
    const { clock, dns, said } = start(wildcardsAt('other.example'));
    await clock.advance(FIRST_MS + 1_000);
    expect(said()).toEqual([['corp.example', false]]);
    expect(dns.asked.length).toBe(4);
    await clock.advance(EVERY_MS * 0.85);
    expect(dns.asked.length).toBe(4);
    await clock.advance(EVERY_MS * 0.3);
    expect(said().length).toBe(2);
    // Other names each time: the last ones may be in a cache.
    expect(new Set(dns.asked.map(({ name }) => name)).size).toBe(4);
  });

  it('does not believe one answer alone', async () => {
    const answered = new Set<string>();
    const { clock, said } = start(({ name }) => {
      if (answered.size > 0 && !answered.has(name)) return 'nxdomain';
      answered.add(name);
      return 'ok';
    });
    await clock.advance(FIRST_MS + 1_000);
    expect(said()).toEqual([['corp.example', false]]);
  });

  it('takes no address for no answer, and a failure for neither', async () => {
    const empty = start(() => 'nodata');
    await empty.clock.advance(FIRST_MS + 1_000);
    expect(empty.said()).toEqual([['corp.example', false]]);
    const failing = start(() => 'servfail');
    await failing.clock.advance(FIRST_MS + 1_000);
    expect(failing.said()).toEqual([['corp.example', undefined]]);
    failing.dns.script = wildcardsAt('corp.example');
    await failing.clock.advance(AGAIN_MS * 1.2);
    expect(failing.said()).toEqual([
      ['corp.example', undefined],
      ['corp.example', true],
    ]);
  });

  it('asks for one domain after the other, and reports each', async () => {
    const domains = ['a.example', 'b.example', 'c.example'];
    const { clock, dns, said } = start(wildcardsAt('b.example'), { domains });
    await clock.advance(FIRST_MS + 1_000);
    expect(new Set(dns.asked.map(({ name }) => name.split('.').at(-2)))).toEqual(new Set(['a']));
    await clock.advance(2 * FIRST_MS);
    expect(said()).toEqual([
      ['a.example', false],
      ['b.example', true],
      ['c.example', false],
    ]);
  });

  it('keeps to the budget, and asks nothing while cluster DNS is silent', async () => {
    let isSilent = true;
    const { clock, dns, budget, said } = start(wildcardsAt(), {
      isSilent: () => isSilent,
      maxOutstanding: 1,
    });
    await clock.advance(FIRST_MS + 1_000);
    expect(dns.asked).toEqual([]);
    isSilent = false;
    const release = await budget.take('example.com');
    await clock.advance(AGAIN_MS * 1.2);
    expect(dns.asked).toEqual([]);
    release(true);
    await clock.advance(1_000);
    expect(dns.asked.length).toBe(4);
    expect(said()).toEqual([['corp.example', false]]);
    expect(budget.outstanding).toBe(0);
  });

  it('goes on after an error of our own, and ends when it is stopped', async () => {
    let isBroken = true;
    const { clock, dns, reports, searchDomains, said } = start(() => {
      if (isBroken) throw new Error('broken');
      return 'nxdomain';
    });
    await clock.advance(FIRST_MS + 1_000);
    expect(reports).toMatchObject([{ type: 'fault', reason: 'search_domain' }]);
    isBroken = false;
    await clock.advance(AGAIN_MS * 1.2);
    expect(said()).toEqual([['corp.example', false]]);
    searchDomains.stop();
    const { length } = dns.asked;
    await clock.advance(3 * EVERY_MS);
    expect(dns.asked.length).toBe(length);
  });
});
