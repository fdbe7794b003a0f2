/** The page of a Service does not contradict itself. */
import { describe, expect, it } from 'vitest';
import type { Round } from '../../../src/model/round.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { servicePage } from '../../../src/views/pages/service.ts';
import type { Detail } from '../../../src/views/services/detail.ts';
import {
  FAILING,
  HEALTHY,
  MISSING,
  ok,
  reportOf,
  result,
  silentOf,
} from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';
import { holdWithViews } from '../../fixtures/views.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const LINKS = { runbookUrl: 'https://runbooks.example.com/' };

interface Seen {
  readonly detail: Detail;
  readonly page: string;
  /** The text of each place of the figure, by its label. */
  readonly places: ReadonlyMap<string, string>;
}

/** The page after these rounds, one a minute, the last one now. */
function seen(
  spec: ServiceSpec,
  rounds: readonly Round[],
  after?: (held: ReturnType<typeof holdWithViews>) => void,
): Seen {
  const held = holdWithViews();
  const begin = NOW - rounds.length * 60_000;
  held.store.seen(spec, false, begin);
  for (const [i, round] of rounds.entries()) {
    const at = begin + (i + 1) * 60_000;
    held.store.informerChanged({
      synced: true,
      connected: true,
      lastListAt: at,
      lastContactAt: at,
    });
    held.store.round(reportOf(spec, round, at), at);
  }
  after?.(held);
  const detail = held.views.service(spec.namespace, spec.name);
  if (!detail) throw new Error('Cannot test: the Service is not there');
  const page = servicePage({ detail, links: LINKS, version: '1' }, NOW);
  const figure = /<ol class="path">([\s\S]*?)<\/ol>/.exec(page)?.[1] ?? '';
  const places = [...figure.matchAll(/<li class="(\w+)"[^>]*>([\s\S]*?)<\/li>/g)].map(
    ([, state = '', html = '']) => {
      const text = html
        .replace(/<wbr>/g, '')
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim();
      return [/<strong>(.*?)<\/strong>/.exec(html)?.[1] ?? '', `${state}: ${text}`] as const;
    },
  );
  return { detail, page, places: new Map(places) };
}

const STALE: Round = {
  app: { A: ok('192.0.2.1'), AAAA: result('bare_cname') },
  alias: result('mismatch', { chain: [{ name: 'old.example.com', ttl: 30 }] }),
  target: { A: ok('198.51.100.9'), AAAA: result('nodata') },
};

describe('the figure of the path', () => {
  it('shows the addresses that pods get, and not those of a target that is not served', () => {
    const { detail, places } = seen(specOf('db'), [HEALTHY, STALE]);
    expect(detail).toMatchObject({ up: 1, verdict: 'alias_mismatch' });
    expect(places.get('Addresses')).toContain('192.0.2.1');
    expect([...places.values()].join()).not.toContain('198.51.100.9');
    expect(places.get('CNAME')).toMatch(/^impaired: .*serves old\.example\.com.*spec: db\.example/);
    // Nor times of queries for that target.
    expect(places.get('Upstream DNS')).not.toContain('A: ok');
  });

  it('shows no address where pods get none, although the target resolves', () => {
    const app = { A: result('bare_cname'), AAAA: result('bare_cname') };
    const broken = { ...HEALTHY, app };
    const { detail, places } = seen(specOf('db'), [HEALTHY, broken, broken, broken]);
    expect(detail).toMatchObject({ up: 0, verdict: 'app_view_broken' });
    expect(places.get('Addresses')).toBe(
      'unknown: Addresses not reached pods get none: bare_cname',
    );
    expect(places.get('Upstream DNS')).toMatch(/^ok: .*A: ok/);
    expect(places.get('Cluster DNS')).toMatch(/^broken: /);
  });

  it.each([
    ['target_nxdomain', 'target', 'Addresses'],
    ['target_nxdomain', 'upstream_dns', 'Upstream DNS'],
    ['target_failing', 'target', 'Name servers'],
    ['target_failing', 'cluster_dns', 'Cluster DNS'],
    ['alias_missing', 'cluster_dns', 'CNAME'],
    ['invalid_target', 'config', 'CNAME'],
    ['target_no_address', 'config', 'Addresses'],
  ] as const)('breaks at the component at fault: %s, %s', async (verdict, blame, label) => {
    const { pathOf } = await import('../../../src/views/services/path.ts');
    const { PLACES } = await import('../../../src/model/place.ts');
    const spec = specOf('db');
    const path = pathOf({ diagnosis: { up: 0, verdict, blame }, spec }, 'cluster.local');
    const broken = path.filter(({ state }) => state === 'broken');
    expect(broken.map(({ place }) => PLACES[place].label)).toEqual([label]);
  });
});

describe('a target in the cluster', () => {
  const spec = specOf('db', { externalName: 'redis.shop.svc.cluster.local' });

  it('has an owner in the cluster, and no name servers outside', () => {
    const { detail, page, places } = seen(spec, [HEALTHY, MISSING, MISSING]);
    expect(detail).toMatchObject({ verdict: 'target_nxdomain', blame: 'target' });
    expect(detail.blameMeaning).toBe('Service redis in namespace shop of this cluster');
    expect(detail.advice).toMatch(/^Look at Service redis in namespace shop/);
    expect(page).not.toContain('the owner of the target domain');
    expect([...places.keys()]).toEqual(['Pod', 'Cluster DNS', 'CNAME', 'Addresses']);
    expect(places.get('Addresses')).toMatch(/^broken: .*pods get none: nxdomain/);
  });

  it('has one outside if it is an alias itself that leads there', () => {
    const chain = [{ name: 'db.example.net', ttl: 30 }];
    const target = { A: result('servfail', { chain }), AAAA: result('servfail', { chain }) };
    const { detail, places } = seen(spec, [HEALTHY, { ...FAILING, target }]);
    expect(detail.blameMeaning).toContain('the owner of the target');
    expect(places.has('Name servers')).toBe(true);
  });
});

describe('a question that was not sent', () => {
  it('is not shown as failed, and an older answer is not shown as its own', () => {
    const spec = specOf('db');
    const { detail, page, places } = seen(spec, [HEALTHY], ({ store }) => {
      store.round(silentOf(spec, NOW), NOW);
    });
    expect(detail).toMatchObject({ up: 0, notAsked: 'cluster_dns' });
    expect(detail.hops.flatMap(({ answers }) => answers)).toEqual([]);
    expect(page).toContain('Not asked on its last turn: no server of cluster DNS replies.');
    expect(places.get('Cluster DNS')).toMatch(/^broken: /);
    expect(places.get('CNAME')).toMatch(/^unknown: CNAME not asked/);
    expect([...places.values()].join()).not.toContain('192.0.2.1');
  });

  it('leaves older answers to a verdict that still rests on them', () => {
    const spec = specOf('db');
    const { detail, page, places } = seen(spec, [HEALTHY, MISSING, MISSING], ({ store }) => {
      store.round(silentOf(spec, NOW, 'upstream_dns'), NOW);
    });
    expect(detail).toMatchObject({ verdict: 'target_nxdomain', notAsked: 'upstream_dns' });
    expect(places.get('Addresses')).toMatch(/^broken: .*pods get none: nxdomain/);
    expect(places.get('CNAME')).toMatch(/^ok: /);
    expect(page).toContain('Not asked on its last turn: cluster DNS gets no reply');
    expect(page).toContain('These are older answers.');
  });

  it('has no latency, where pods are asked for only', () => {
    const { detail, page } = seen(specOf('db'), [{ app: { A: ok('192.0.2.1') } }]);
    expect(detail.history.latencies).toEqual({ app: [expect.any(Number)], alias: [], target: [] });
    expect(page).not.toContain('no reply');
  });
});

describe('the start of a fault', () => {
  it('is said to be unknown if the first round was bad', () => {
    const { page } = seen(specOf('db'), [MISSING, MISSING]);
    expect(page).toContain('<strong>Began:</strong> at an unknown time before 2026-11-24 11:58:00');
    expect(page).toMatch(/for over <time/);
    const known = seen(specOf('db'), [HEALTHY, MISSING, MISSING]).page;
    expect(known).not.toContain('an unknown time');
    expect(known).not.toMatch(/for over <time/);
  });

  it('has the edit beside it that may be the cause', () => {
    const held = holdWithViews();
    const before = specOf('db');
    held.store.seen(before, false, NOW - 180_000);
    held.store.round(reportOf(before, HEALTHY, NOW - 170_000), NOW - 170_000);
    const after = specOf('db', { externalName: 'db.exmaple.com', editedBy: 'helm' });
    held.store.seen(after, true, NOW - 120_000);
    held.store.round(reportOf(after, MISSING, NOW - 60_000), NOW - 60_000);
    held.store.round(reportOf(after, MISSING, NOW), NOW);
    const detail = held.views.service('shop', 'db');
    const page = detail ? servicePage({ detail, links: LINKS, version: '1' }, NOW) : '';
    expect(page).toMatch(
      /Edited just before:<\/strong> by <bdi>helm<\/bdi>, .*<bdi>db\.example\.com<\/bdi> → <bdi>db\.exmaple\.com/,
    );
  });
});

describe('the history', () => {
  const toneOf = (page: string): readonly string[] =>
    [...page.matchAll(/<li id="failure-\d+"><svg class="icon (\w+)"/g)].map(
      ([, tone = '']) => tone,
    );

  it('draws an outage that is over as down, and a fault with addresses as a warning', () => {
    const { detail, page } = seen(specOf('db'), [HEALTHY, MISSING, MISSING, HEALTHY]);
    expect(detail.verdict).toBe('healthy');
    expect(detail.history.failures[0]).toMatchObject({ up: 0, verdict: 'target_nxdomain' });
    expect(toneOf(page)).toEqual(['down']);
    const degraded = { ...HEALTHY, target: FAILING.target ?? {} };
    expect(toneOf(seen(specOf('db'), [HEALTHY, degraded]).page)).toEqual(['warn']);
    expect(toneOf(seen(specOf('db'), [HEALTHY, STALE, HEALTHY]).page)).toEqual(['warn']);
    const none = { ...STALE, app: { A: result('nxdomain'), AAAA: result('nxdomain') } };
    expect(toneOf(seen(specOf('db'), [HEALTHY, none, HEALTHY]).page)).toEqual(['down']);
  });
});
