import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Alerting, startAlerting } from '../alerting/alerting.ts';
import { quicken, type RuleFile } from '../alerting/rules.ts';
import type { Notice } from '../alerting/webhook.ts';
import {
  type Cluster,
  describeE2e,
  externalName,
  freePort,
  namespace,
  startCluster,
  until,
} from '../cluster/index.ts';
import { readYaml } from '../manifests/yaml.ts';
import type { Program } from '../program.ts';
import { startMonitor } from './monitor.ts';

/** The monitor asks every second instead of every 30 s; its rules keep step. */
const PACE = { times: 30, floorMs: 1_000 };
const RULES = quicken(readYaml('manifests/alerts/rules.yaml') as RuleFile, PACE);

/** Several, so that one that breaks is not taken for all of upstream DNS. */
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

/** Where runbooks are published; what follows is a path of this repository. */
const PUBLISHED = 'https://github.com/externalname-monitor/externalname-monitor/blob/main/';
const ROOT = join(import.meta.dirname, '../..');

const WAIT = { deadlineMs: 90_000, everyMs: 250 };

describeE2e('alerts, from a real fault to the pager', () => {
  const stack = new AsyncDisposableStack();
  let cluster: Cluster;
  let monitor: Program;
  let alerting: Alerting;
  /** Its own port, so that Prometheus finds the monitor again after a restart. */
  let address: string;

  const start = (): Promise<Program> => startMonitor(cluster, [`--listen=${address}`]);

  beforeAll(async () => {
    cluster = stack.use(await startCluster({ zones: ZONES }));
    for (const name of NAMESPACES) await cluster.kube.create(namespace(name));
    for (const { namespace, name, target } of SERVICES) {
      await cluster.kube.create(externalName(name, target, namespace));
    }
    address = `127.0.0.1:${await freePort()}`;
    monitor = await start();
    stack.defer(async () => void (await monitor.stop()));
    alerting = stack.use(await startAlerting({ target: address, scrapeMs: 500, rules: RULES }));
  });

  afterAll(() => stack.disposeAsync());

  // A test that failed leaves nothing broken for the next.
  afterEach(async () => {
    await cluster.mend();
    await cluster.authority.serve(ZONES);
    if (monitor.exitCode !== null) monitor = await start();
  });

  /** Waits until the value of an expression is there, and not 0. */
  const holds = (expression: string): Promise<unknown> =>
    until(
      expression,
      async () => (await alerting.prometheus.query(expression)).some(({ values }) => values[0]),
      WAIT,
    );

  /** Waits until all is well, and has been for longer than any page waits. */
  const isWell = (): Promise<unknown> => {
    const well = `count(externalname_service_up == 1) == bool ${SERVICES.length}`;
    const quiet = `(${well}) unless on () ALERTS{alertstate="firing"}`;
    return holds(`sum_over_time((${quiet})[15s:1s]) >= 15`);
  };

  /** Waits until an alert has fired for longer than any page waits: others had their chance. */
  const goesOn = (alertname: string): Promise<unknown> =>
    holds(`count_over_time(ALERTS{alertname="${alertname}",alertstate="firing"}[10m]) >= 15`);

  /** Does something, and gives what the pager was told until all was well. */
  const whatIsTold = async (during: () => Promise<unknown>): Promise<readonly Notice[]> => {
    const before = alerting.webhook.notices.length;
    await during();
    await isWell();
    // The last word may still be on its way.
    await until(
      'each alert resolved',
      () => {
        const told = alerting.webhook.notices.slice(before);
        return firing(told).length === told.length - firing(told).length;
      },
      WAIT,
    );
    return alerting.webhook.notices.slice(before);
  };

  test('nothing is told of Services that are well', async () => {
    expect(await whatIsTold(isWell)).toEqual([]);
  });

  test('a target that is gone pages once, for its own Service, and resolves', async () => {
    const told = await whatIsTold(async () => {
      await cluster.authority.set('db.one.test');
      await goesOn('ExternalNameServiceUnresolvable');
      await cluster.authority.set('db.one.test', ...ADDRESSES);
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
    expect(told.filter(({ status }) => status === 'resolved')).toContainEqual(
      expect.objectContaining({ labels, startsAt: page?.startsAt }),
    );
    for (const { labels } of told)
      expect(labels).toMatchObject({ namespace: 'shop', service: 'db-one' });
  });

  test('a monitor that is gone pages once, for itself, and resolves', async () => {
    const told = await whatIsTold(async () => {
      await monitor.stop();
      await goesOn('ExternalNameMonitorAbsent');
      monitor = await start();
    });
    const [page, ...more] = pages(told);
    expect(more).toEqual([]);
    expect(page?.labels).toEqual({ alertname: 'ExternalNameMonitorAbsent', severity: 'critical' });
    expect(runbookOf(page)).toBe('docs/runbooks/ExternalNameMonitorAbsent.md');
  });
});

function firing(notices: readonly Notice[]): Notice[] {
  return notices.filter(({ status }) => status === 'firing');
}

/** What gets a person out of bed. */
function pages(notices: readonly Notice[]): Notice[] {
  return firing(notices).filter(({ labels }) => labels.severity === 'critical');
}

/** The file of this repository that the link of an alert leads to. */
function runbookOf(notice: Notice | undefined): string {
  const url = notice?.annotations.runbook_url ?? '';
  expect(url).toContain(PUBLISHED);
  const file = url.slice(PUBLISHED.length);
  expect(existsSync(join(ROOT, file))).toBe(true);
  return file;
}
