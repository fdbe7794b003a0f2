import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { isOver, type Notice, pages } from '../lab/alerting/webhook.ts';
import { type Cluster, describeE2e, externalName, namespace, until } from '../lab/cluster/index.ts';
import { alerted, WAIT } from './alerted.ts';

/** Several domains, so that one failing domain does not look like a failure of upstream DNS. */
const DOMAINS = ['one', 'two', 'three', 'four'];
const HOSTS = { shop: ['db', 'api'], billing: ['ledger', 'mail'] };
const NAMESPACES = Object.keys(HOSTS);
const SERVICES = Object.entries(HOSTS).flatMap(([namespace, hosts]) =>
  hosts.flatMap((host) =>
    DOMAINS.map((domain) => ({
      namespace,
      name: `${host}-${domain}`,
      target: `${host}.${domain}.test`,
    })),
  ),
);
const ADDRESSES = ['A 192.0.2.1', 'A 192.0.2.2'];
const ZONES = Object.fromEntries(
  DOMAINS.map((domain) => [
    `${domain}.test`,
    Object.fromEntries(
      Object.values(HOSTS).flatMap((hosts) => hosts.map((host) => [host, ADDRESSES])),
    ),
  ]),
);

/** The page for many Services, by the component at fault. */
const MANY = {
  cluster_dns: 'ExternalNameClusterDnsFailing',
  upstream_dns: 'ExternalNameUpstreamDnsFailing',
} as const;

type Outage = readonly [
  what: string,
  blame: keyof typeof MANY,
  breakIt: (cluster: Cluster) => unknown,
];

const OUTAGES: readonly Outage[] = [
  ['cluster DNS that is stopped', 'cluster_dns', ({ dns }) => dns.stop()],
  ['cluster DNS that is silent', 'cluster_dns', ({ dns }) => dns.cutOff()],
  ['upstream DNS that fails', 'upstream_dns', ({ upstream }) => upstream.answer('SERVFAIL')],
];

/** The published address of the runbooks; the rest of a link is a path in this repository. */
const PUBLISHED = 'https://github.com/externalname-monitor/externalname-monitor/blob/main/';
const ROOT = join(import.meta.dirname, '../..');

describeE2e('alerts, from a real fault to the pager', { timeout: 240_000 }, () => {
  const a = alerted(ZONES, async ({ kube }) => {
    for (const name of NAMESPACES) await kube.create(namespace(name));
    for (const { namespace, name, target } of SERVICES) {
      await kube.create(externalName(name, target, namespace));
    }
    return [];
  });

  // A failed test leaves no fault for the next one.
  afterEach(async () => {
    await a.cluster.mend();
    await a.cluster.authority.serve(ZONES);
    await a.startMonitor();
  });

  /** Waits until all Services are healthy and no page fires, for longer than any page waits. */
  const isWell = (): Promise<unknown> => {
    const well = `count(externalname_service_up == 1) == bool ${SERVICES.length}`;
    const calm = `(${well}) unless on () ALERTS{severity="critical",alertstate="firing"}`;
    return a.holds(`sum_over_time((${calm})[15s:1s]) >= 15`);
  };

  /**
   * Waits until an alert has fired for longer than any page waits, so that other alerts could have
   * fired.
   */
  const goesOn = (alertname: string): Promise<unknown> =>
    a.holds(`count_over_time(ALERTS{alertname="${alertname}",alertstate="firing"}[15s:1s]) >= 15`);

  /**
   * Runs an action on a healthy cluster, and returns all pages until the cluster was healthy again.
   */
  const whatIsTold = async (during: () => Promise<unknown>): Promise<readonly Notice[]> => {
    await isWell();
    const before = a.webhook.notices.length;
    const told = (): readonly Notice[] => a.webhook.notices.slice(before);
    await during();
    await isWell();
    // The last message may still be on its way.
    await until(
      'each page resolved',
      () => pages(told()).every((page) => isOver(page, told())),
      WAIT,
    );
    return told();
  };

  test('nothing is told of Services that are well', async () => {
    await isWell();
    expect(a.webhook.notices).toEqual([]);
  });

  test('a target that is gone pages once, for its own Service, and resolves', async () => {
    const told = await whatIsTold(async () => {
      await a.cluster.authority.set('db.one.test');
      await goesOn('ExternalNameServiceUnresolvable');
      await a.cluster.authority.set('db.one.test', ...ADDRESSES);
    });
    const labels = {
      alertname: 'ExternalNameServiceUnresolvable',
      severity: 'critical',
      namespace: 'shop',
      service: 'db-one',
    };
    const [page, ...more] = pages(told);
    expect(more).toEqual([]);
    expect(page?.labels).toEqual(labels);
    expect(page?.annotations).toMatchObject({
      summary: 'Pods cannot resolve an ExternalName Service.',
      description:
        'Pods get no address for db-one.shop, an alias of db.one.test. Verdict target_nxdomain, blame target.',
      verdict: 'target_nxdomain',
      blame: 'target',
      target: 'db.one.test',
    });
    expect(runbookOf(page)).toBe('docs/runbooks/ExternalNameServiceUnresolvable.md');
    // No ticket of another kind is opened either.
    for (const { labels } of told) {
      expect(labels).toMatchObject({ namespace: 'shop', service: 'db-one' });
    }
  });

  test('a monitor that is gone pages once, for itself, and resolves', async () => {
    const told = await whatIsTold(async () => {
      await a.stopMonitor();
      await goesOn('ExternalNameMonitorAbsent');
      await a.startMonitor();
    });
    const [page, ...more] = pages(told);
    expect(more).toEqual([]);
    expect(page?.labels).toEqual({ alertname: 'ExternalNameMonitorAbsent', severity: 'critical' });
    expect(runbookOf(page)).toBe('docs/runbooks/ExternalNameMonitorAbsent.md');
  });

  test.each(OUTAGES)(
    '%s pages once for all Services, and resolves',
    async (_what, blame, breakIt) => {
      const alertname = MANY[blame];
      const told = await whatIsTold(async () => {
        await breakIt(a.cluster);
        await goesOn(alertname);
        await a.cluster.mend();
      });
      const [page, ...more] = pages(told);
      expect(more).toEqual([]);
      expect(page?.labels).toEqual({ alertname, severity: 'critical', blame });
      expect(page?.annotations.description).toMatch(
        /^Pods get no address for \d+ ExternalName Services .* Among them:( [a-z]+-[a-z]+\.(shop|billing),?){3,5}\. /,
      );
      expect(runbookOf(page)).toBe(`docs/runbooks/${alertname}.md`);
    },
  );

  test('every rule could be evaluated, all the time', async () => {
    const { evaluations, failures } = await a.prometheus.evaluations();
    expect(evaluations).toBeGreaterThan(0);
    expect(failures).toBe(0);
    const texts = a.webhook.notices.flatMap(({ annotations }) => Object.values(annotations));
    expect(texts.filter((text) => text.includes('error expanding template'))).toEqual([]);
  });

  test('nothing else has paged in all that time', () => {
    const paged = pages(a.webhook.notices).map(({ labels }) => labels.alertname);
    expect([...new Set(paged)]).toEqual([
      'ExternalNameServiceUnresolvable',
      'ExternalNameMonitorAbsent',
      'ExternalNameClusterDnsFailing',
      'ExternalNameUpstreamDnsFailing',
    ]);
    const services = pages(a.webhook.notices).map(({ labels }) => labels.service ?? '');
    expect(new Set(services)).toEqual(new Set(['db-one', '']));
  });
});

/** The file of this repository that the link of an alert leads to. */
function runbookOf(notice: Notice | undefined): string {
  const url = notice?.annotations.runbook_url ?? '';
  expect(url).toContain(PUBLISHED);
  const file = url.slice(PUBLISHED.length);
  expect(existsSync(join(ROOT, file))).toBe(true);
  return file;
}
