/** The list of Services on a cluster where 25 aliases have been dead for weeks. */
import { describe, expect, it } from 'vitest';
import { newWindowOf } from '../../../src/model/newness.ts';
import { compareNaturally } from '../../../src/views/services/natural-order.ts';
import { HEALTHY, MISSING, ok, result } from '../../fixtures/rounds.ts';
import { HANGING, Incident, live } from './_incident.ts';

const names = (incident: Incident, wanted: Parameters<Incident['list']>[0]): string[] =>
  incident.list(wanted).items.map(({ service }) => service);

describe('what is new', () => {
  it('is before what has been dead for weeks, and can be asked for', () => {
    const incident = new Incident();
    expect(names(incident, { new: '60m' })).toEqual([]);
    for (const name of live(50, 53)) incident.round(name, MISSING);
    incident.pass(20);
    incident.round('live-60', MISSING);
    expect(names(incident, { limit: 5 }).slice(0, 4)).toEqual([
      'live-60',
      'live-50',
      'live-51',
      'live-52',
    ]);
    const page = incident.page();
    expect(page).toContain('<a href="?new=15m">1 in the last 15 minutes</a>');
    expect(page).toContain('<a href="?new=60m">4 in the last hour</a>');
    expect(names(incident, { new: '15m' })).toEqual(['live-60']);
    expect(names(incident, { new: '60m' })).toHaveLength(4);
    expect(incident.list({ up: ['0'] }).total).toBe(29);
  });

  it('is not what was bad in the first round after the start', () => {
    expect(newWindowOf({ at: 0, isExact: false }, 1_000)).toBeUndefined();
    expect(newWindowOf({ at: 0, isExact: true }, 899_999)).toBe('15m');
    expect(newWindowOf({ at: 0, isExact: true }, 900_000)).toBe('60m');
    expect(newWindowOf({ at: 0, isExact: true }, 3_600_000)).toBeUndefined();
  });
});

describe('the first row of the page', () => {
  const rows = (incident: Incident): string[] =>
    [...incident.page().matchAll(/<tr class="\w+" id="(?:row|domain):([^"]*)"/g)].map(
      ([, id = '']) => id,
    );

  it('is what is new, and not a domain that has failed for long', () => {
    const incident = new Incident();
    for (const name of live(0, 30)) incident.round(name, HANGING);
    expect(rows(incident)[0]).toBe('corp.example');
    incident.pass(120);
    for (const name of live(60, 62)) incident.round(name, MISSING);
    expect(rows(incident).slice(0, 4)).toEqual([
      'shop/live-60',
      'shop/live-61',
      'corp.example',
      'shop/dead-0',
    ]);
    // One more in the domain makes it new again.
    incident.pass(10);
    incident.round('live-0', HEALTHY);
    incident.pass(1);
    incident.round('live-0', HANGING);
    expect(rows(incident)[0]).toBe('corp.example');
  });
});

describe('the link of the headline', () => {
  const shown = (incident: Incident): number => {
    const { query = '' } = incident.headline;
    const pairs = [...new URLSearchParams(query)];
    const wanted = Object.fromEntries(
      pairs.map(([name, value]) => [name, ['text', 'new'].includes(name) ? value : [value]]),
    );
    expect(incident.page()).toContain(`href="?${query.replaceAll('&', '&amp;')}"`);
    return incident.list(wanted).total;
  };

  it.each<[string, (incident: Incident) => void]>([
    ['those known before', () => {}],
    [
      'a domain',
      (incident) => {
        for (const name of live(0, 30)) incident.round(name, HANGING);
      },
    ],
    [
      'a target',
      (incident) => {
        for (const name of live(30, 42)) incident.round(name, MISSING);
      },
    ],
    ['one Service', (incident) => incident.round('live-80', MISSING)],
    [
      'an edit',
      (incident) => {
        for (const name of live(50, 65)) incident.edit(name, `${name}.exmaple.com`, 'helm');
        incident.pass(1);
        for (const name of live(50, 65)) incident.round(name, MISSING);
      },
    ],
    [
      'a critical finding',
      (incident) => {
        const app = { A: ok('169.254.169.254'), AAAA: result('bare_cname') };
        incident.round('live-70', { ...HEALTHY, app, target: { ...HEALTHY.target, A: app.A } });
      },
    ],
  ])('lists the Services that it counts: %s', (_, happen) => {
    const incident = new Incident();
    happen(incident);
    expect(shown(incident)).toBe(incident.headline.affected);
  });
});

describe('an edit', () => {
  it('stands beside the failure that it caused', () => {
    const incident = new Incident();
    incident.edit('live-50', 'db.exmaple.com', 'helm');
    incident.edit('live-51', 'db.example.com', 'argocd');
    incident.pass(2);
    incident.round('live-50', MISSING);
    const [row] = incident.list({ text: 'live-50' }).items;
    expect(row?.editBefore?.by).toBe('helm');
    expect(incident.page()).toMatch(/after an edit by <bdi>helm<\/bdi>, <time[^>]*>2 min ago/);
    expect(names(incident, { editor: ['helm', 'argocd'] })).toEqual(['live-50']);
    expect(incident.headline.text).toContain('helm edited it just before.');
    // A fault much later has another cause.
    incident.pass(20);
    incident.round('live-51', MISSING);
    expect(incident.list({ text: 'live-51' }).items[0]?.editBefore).toBeUndefined();
  });
});

describe('groups', () => {
  const groups = (incident: Incident, wanted: Parameters<Incident['list']>[0]) => [
    ...new Map(
      incident
        .list({ limit: 500, ...wanted })
        .items.map(({ group }) => [group?.name, group?.services]),
    ),
  ];

  it('are causes, the newest first, and each Service is in one', () => {
    const incident = new Incident();
    for (const name of live(0, 30)) incident.round(name, HANGING);
    expect(groups(incident, { group: 'cause' })).toEqual([
      ['Domain corp.example', 30],
      ['Single faults: the target', 25],
      ['No fault', 60],
    ]);
    expect(groups(incident, { group: 'cause', up: ['0'], limit: 31 })).toHaveLength(2);
  });

  it('are domains, targets or namespaces', () => {
    const incident = new Incident();
    expect(groups(incident, { group: 'namespace' })).toEqual([['shop', 115]]);
    expect(new Map(groups(incident, { group: 'domain' })).get('corp.example')).toBe(30);
    expect(new Map(groups(incident, { group: 'target' })).get('db.shared.example')).toBe(12);
  });

  it('have a heading on the page, and the URL keeps them', () => {
    const incident = new Incident();
    const page = incident.page({ group: 'cause' });
    expect(page.match(/<tr class="group"/g)).toHaveLength(2);
    expect(page).toMatch(/Single faults: the target<\/bdi> <span class="muted">25 Services/);
    expect(page).toContain('href="?sort=name&amp;group=cause"');
    expect(page).toMatch(/<a href="\.\/">nothing<\/a>/);
  });
});

describe('names', () => {
  it('are in natural order', () => {
    const sorted = ['web-10', 'web-2', 'web', 'web-02', 'a1b10', 'a1b9', 'b', 'web-2a'];
    expect(sorted.toSorted(compareNaturally)).toEqual([
      'a1b9',
      'a1b10',
      'b',
      'web',
      'web-02',
      'web-2',
      'web-2a',
      'web-10',
    ]);
    const long = '9'.repeat(400);
    expect(compareNaturally(long, `1${long}`)).toBeLessThan(0);
    expect(compareNaturally('x', 'x')).toBe(0);
    const incident = new Incident();
    expect(names(incident, { sort: 'name', limit: 4 })).toEqual([
      'dead-0',
      'dead-1',
      'dead-2',
      'dead-3',
    ]);
    expect(names(incident, { sort: 'name', text: 'dead-', limit: 11 }).at(-1)).toBe('dead-10');
  });
});

describe('counts', () => {
  it('of findings are links to the Services that have them', () => {
    const incident = new Incident();
    const page = incident.page();
    const [, query = '', count] = /href="\?(level=\w+)">(\d+) /.exec(page) ?? [];
    const level = query.replace('level=', '') as 'info' | 'warning' | 'critical';
    expect(incident.list({ level: [level] }).total).toBe(Number(count));
  });
});

describe('/metrics', () => {
  const newly = (incident: Incident) =>
    incident.metrics
      .split('\n')
      .filter((line) => /^externalname_service_newly_failing\{/.test(line));

  it('names what is new and who is at fault, in one line that grep finds', () => {
    const incident = new Incident();
    expect(newly(incident)).toEqual([]);
    incident.round('live-80', HANGING);
    incident.round('live-81', {
      ...HEALTHY,
      target: { A: result('servfail'), AAAA: result('servfail') },
    });
    expect(newly(incident)).toEqual([
      'externalname_service_newly_failing{namespace="shop",service="live-80",window="15m",verdict="target_failing",blame="target"} 1',
      'externalname_service_newly_failing{namespace="shop",service="live-81",window="15m",verdict="degraded",blame="target"} 1',
    ]);
    incident.pass(20);
    expect(newly(incident)[0]).toContain('window="60m"');
    incident.pass(60);
    expect(newly(incident)).toEqual([]);
  });

  it('has since when a Service is down, where that is known', () => {
    const incident = new Incident();
    const at = incident.now / 1000;
    incident.round('live-80', HANGING);
    incident.pass(120);
    expect(
      incident.metrics
        .split('\n')
        .filter((line) => /^externalname_service_down_since\w*\{/.test(line)),
    ).toEqual([
      `externalname_service_down_since_timestamp_seconds{namespace="shop",service="live-80"} ${at}`,
    ]);
  });
});
