/** A domain or a target that fails is one fault, however many Services lead there. */
import { describe, expect, it } from 'vitest';
import type { Round } from '../../../src/model/round.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { servicePage } from '../../../src/views/pages/service.ts';
import { isFolding, statusPage } from '../../../src/views/pages/status.ts';
import type { Wanted } from '../../../src/views/services/list.ts';
import { FAILING, HEALTHY, MISSING, reportOf, result } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const HANGING: Round = {
  ...FAILING,
  target: { A: result('timeout'), AAAA: result('timeout') },
};

const LISTED = { synced: true, connected: true, lastContactAt: NOW, lastListAt: NOW };

type Held = ReturnType<typeof holdWithViews>;

function watch({ store }: Held, spec: ServiceSpec, round: Round, at = NOW): void {
  store.seen(spec, false, at);
  store.round(reportOf(spec, round, at), at);
}

/** `count` Services, each with a target of its own in `domain`, unless `target` is the one of all. */
function many(
  held: Held,
  namespace: string,
  count: number,
  [domain, round, target]: readonly [string, Round, string?],
): void {
  for (let i = 0; i < count; i++) {
    const externalName = target ?? `t${i}.${domain}`;
    watch(held, specOf(`s${i}`, { namespace, externalName }), round);
  }
}

/** As a cluster has it: 90 Services that work, and 25 aliases that have been dead for weeks, each in a domain of its own. */
function population(): Held {
  const held = holdWithViews();
  held.store.informerChanged(LISTED);
  for (let i = 0; i < 90; i++) many(held, `live-${i}`, 1, [`live-${i}.example`, HEALTHY]);
  for (let i = 0; i < 25; i++) many(held, `dead-${i}`, 1, [`dead-${i}.example`, MISSING]);
  return held;
}

function page({ views }: Held, wanted: Wanted = {}): string {
  const summary = views.summary(NOW);
  const folded = isFolding(wanted) ? views.faults(summary) : [];
  const shown = { page: views.services(wanted, folded), namespaces: [], servers: [], version: '1' };
  return statusPage({ summary, folded, wanted, ...shown }, NOW);
}

const rowsOf = (text: string): string[] =>
  [...text.matchAll(/<tr class="\w+" id="((?:row|domain):[^"]+)"/g)].map(([, id]) => id ?? '');

describe('a company domain that hangs for 30 Services', () => {
  const held = population();
  many(held, 'corp', 30, ['corp.example', HANGING]);
  watch(held, specOf('works', { namespace: 'corp', externalName: 'www.corp.example' }), HEALTHY);

  it('is the headline, before aliases that have been dead for long', () => {
    expect(held.views.summary(NOW).headline).toEqual({
      level: 'critical',
      text: '30 Services in one domain, corp.example, do not resolve because of their targets. 25 other Services do not resolve.',
      affected: 30,
      query: 'domain=corp.example&up=0',
    });
  });

  it('is one group of the summary', () => {
    expect(held.views.summary(NOW).domains).toEqual([
      {
        domain: 'corp.example',
        services: 31,
        failing: 30,
        down: 30,
        verdict: 'target_failing',
        blame: 'target',
        since: new Date(NOW),
      },
    ]);
  });

  it('is the first row of the status page, in place of 30 rows, and leads to them', () => {
    const text = page(held);
    const rows = rowsOf(text);
    expect(rows[0]).toBe('domain:corp.example');
    expect(rows.filter((id) => id.startsWith('row:corp/'))).toEqual(['row:corp/works']);
    expect(text).toContain('<a href="?domain=corp.example">30 Services, one domain</a>');
    expect(text).toContain('<caption>146 Services');
    const listed = page(held, { domain: ['corp.example'] });
    expect(rowsOf(listed)).toHaveLength(31);
    expect(listed).toContain('target in corp.example');
  });

  it('is on the first page only, and on no page are its Services', () => {
    const second = rowsOf(page(held, { page: 2 }));
    expect(second).toHaveLength(16);
    expect(second.filter((id) => /domain:|corp\/s/.test(id))).toEqual([]);
  });

  it('shows each Service to who sorts or filters', () => {
    expect(rowsOf(page(held, { up: ['0'] }))).toHaveLength(55);
    expect(rowsOf(page(held, { sort: 'name' })).filter((id) => id.startsWith('domain:'))).toEqual(
      [],
    );
  });

  it('is said on the page of each of its Services, and drawn at the name servers', () => {
    const detail = held.views.service('corp', 's0');
    expect(detail).toMatchObject({
      targetDomain: 'corp.example',
      sharing: {
        target: { services: 1, failing: 1 },
        domain: { services: 31, failing: 30 },
      },
    });
    expect(detail?.path.filter(({ state }) => state === 'broken')).toMatchObject([
      { place: 'name_servers' },
    ]);
    const text = detail
      ? servicePage({ detail, links: { runbookUrl: 'x' }, version: '1' }, NOW)
      : '';
    expect(text).toContain('30 of 31 Services, one domain: <a href="../../?domain=corp.example">');
  });

  it('is over once the targets answer', () => {
    many(held, 'corp', 30, ['corp.example', HEALTHY]);
    expect(held.views.summary(NOW).domains).toEqual([]);
    expect(held.views.service('corp', 's0')?.sharing.domain).toEqual({ services: 31, failing: 0 });
    expect(rowsOf(page(held))[0]).toMatch(/^row:dead-/);
  });
});

describe('one target that fails for 12 Services', () => {
  it('is one fault, also in a domain that works otherwise', () => {
    const held = population();
    many(held, 'app', 12, ['shared.example', MISSING, 'db.shared.example']);
    many(held, 'other', 30, ['shared.example', HEALTHY]);
    const { headline, domains } = held.views.summary(NOW);
    expect(headline.text).toMatch(/^12 Services with one target, db\.shared\.example, do not/);
    expect(domains).toMatchObject([
      { domain: 'shared.example', target: 'db.shared.example', services: 42, failing: 12 },
    ]);
    expect(rowsOf(page(held)).slice(0, 2)).toEqual([
      'domain:db.shared.example',
      expect.stringMatching(/^row:dead-/),
    ]);
    expect(page(held)).toContain('<a href="?text=db.shared.example">12 Services, one target</a>');
    expect(held.views.service('app', 's3')?.sharing).toEqual({
      target: { services: 12, failing: 12 },
      domain: { services: 42, failing: 12 },
    });
  });

  it('in the cluster has no domain, and is counted all the same', () => {
    const held = population();
    many(held, 'app', 3, ['', MISSING, 'db.shop.svc.cluster.local']);
    const detail = held.views.service('app', 's0');
    expect(detail?.sharing).toEqual({ target: { services: 3, failing: 3 } });
    expect(detail).not.toHaveProperty('targetDomain');
    expect(held.views.summary(NOW).domains).toEqual([]);
  });
});

describe('what is not one fault', () => {
  it('are a few targets of a provider whose others work', () => {
    const held = population();
    many(held, 'lost', 3, ['provider.example', MISSING]);
    many(held, 'fine', 30, ['provider.example', HEALTHY]);
    const { headline, domains } = held.views.summary(NOW);
    expect(headline.text).toBe('28 Services do not resolve because of their targets.');
    // The API says how it is all the same.
    expect(domains).toMatchObject([{ domain: 'provider.example', services: 33, failing: 3 }]);
    expect(rowsOf(page(held)).filter((id) => id.startsWith('domain:'))).toEqual([]);
  });

  it('is a domain of Services that fail for a reason of their own', () => {
    const held = population();
    const lost: Round = { app: { A: result('nxdomain') }, alias: result('nxdomain') };
    many(held, 'lost', 5, ['corp.example', lost]);
    for (const at of [NOW + 60_000, NOW + 120_000]) {
      held.store.informerChanged({
        synced: true,
        connected: true,
        lastContactAt: at,
        lastListAt: at,
      });
      for (let i = 0; i < 5; i++) {
        const spec = specOf(`s${i}`, { namespace: 'lost', externalName: `t${i}.corp.example` });
        watch(held, spec, lost, at);
      }
    }
    expect(held.views.service('lost', 's0')?.blame).toBe('cluster_dns');
    expect(held.views.summary(NOW).domains).toEqual([]);
  });

  it('are domains that all fail through upstream DNS', () => {
    const held = holdWithViews();
    held.store.informerChanged(LISTED);
    for (let d = 0; d < 10; d++) many(held, `n${d}`, 4, [`d${d}.example`, FAILING]);
    const { headline, domains, blames } = held.views.summary(NOW);
    expect(blames).toEqual({ upstream_dns: 40 });
    expect(headline.text).toMatch(/^40 Services do not resolve because of the resolvers/);
    expect(domains).toHaveLength(10);
    expect(rowsOf(page(held))).toHaveLength(40);
  });
});

describe('groups', () => {
  it('follow Services that come, are edited and go', () => {
    const held = holdWithViews();
    many(held, 'a', 3, ['one.example', FAILING]);
    const edited = specOf('s0', { namespace: 'a', externalName: 's0.two.example' });
    watch(held, edited, FAILING);
    const counts = () =>
      held.views.summary(NOW).domains.map(({ domain, failing }) => `${domain} ${failing}`);
    expect(counts()).toEqual(['one.example 2']);
    watch(held, specOf('new', { externalName: 'x.two.example' }), FAILING);
    expect(counts()).toEqual(['one.example 2', 'two.example 2']);
    held.store.gone('a/s1', NOW);
    expect(counts()).toEqual(['two.example 2']);
    held.store.gone('shop/new', NOW);
    expect(counts()).toEqual([]);
  });

  it('are the 20 largest', () => {
    const held = holdWithViews();
    for (let d = 0; d < 25; d++) many(held, `n${d}`, 2 + (d % 5), [`d${d}.example`, FAILING]);
    const { domains } = held.views.summary(NOW);
    expect(domains).toHaveLength(20);
    expect(domains[0]).toMatchObject({ domain: 'd14.example', failing: 6 });
    expect(domains.at(-1)?.failing).toBe(3);
  });
});
