/** What the panels make of replicas that disagree, of nodes, of shards: judged by promtool on made-up series. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { leftOut, promtool, withoutPromtool } from '../../lab/promtool.ts';
import { queriesOf } from './boards.ts';

const FLEET = 'externalname-fleet';
const OVERVIEW = 'externalname-overview';
const SERVICE = 'externalname-service';
const MONITOR = 'externalname-monitor';

/** A day and two hours, in minutes: more than the 24 h in which a Service must have been up to count. */
const END = 26 * 60;

interface Given {
  readonly series: string;
  readonly values: string;
}

interface Said {
  readonly labels: string;
  readonly value: number;
}

const constant = (value: number) => `${value}x${END}`;
const growing = (perMinute: number) => `0+${perMinute}x${END}`;

/** Of a Service in `shop`, as the scrape of one pod has it. */
function seen(pod: string, service: string, family: string, labels: string, values: string): Given {
  const vantage = pod === 'node' ? ', vantage="node"' : '';
  const more = labels === '' ? '' : `, ${labels}`;
  return {
    series: `externalname_${family}{instance="${pod}", job="j"${vantage}, namespace="shop", service="${service}"${more}}`,
    values,
  };
}

interface Seen {
  readonly up?: 0 | 1;
  readonly verdict: string;
  readonly blame: string;
  /** Seconds of the clock of the test, which ends at 93,600; absent: never. */
  readonly lastSuccess?: number;
}

function serviceSeen(
  pod: string,
  service: string,
  { up, verdict, blame, lastSuccess }: Seen,
): Given[] {
  const given = [
    seen(pod, service, 'service_info', 'external_name="x.example.com"', constant(1)),
    seen(pod, service, 'service_verdict', `verdict="${verdict}", blame="${blame}"`, constant(1)),
  ];
  if (up !== undefined) {
    given.push(
      seen(pod, service, 'service_up', '', constant(up)),
      seen(pod, service, 'service_rounds_total', 'result="up"', growing(2 * up)),
      seen(pod, service, 'service_rounds_total', 'result="down"', growing(2 * (1 - up))),
    );
  }
  if (lastSuccess !== undefined)
    given.push(seen(pod, service, 'last_success_timestamp_seconds', '', constant(lastSuccess)));
  return given;
}

/** Evaluates each query at the end, and has promtool tell what differs. */
function expectSaid(
  given: readonly Given[],
  expected: readonly (readonly [string, readonly Said[]])[],
): void {
  const directory = mkdtempSync(join(tmpdir(), 'externalname-monitor-panels-'));
  try {
    const file = join(directory, 'test.yaml');
    const promql_expr_test = expected.map(([expr, exp_samples]) => {
      return { expr, eval_time: `${END}m`, exp_samples };
    });
    const tests = [{ interval: '1m', input_series: given, promql_expr_test }];
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ rule_files: [], evaluation_interval: '1m', tests }));
    expect(promtool('test', 'rules', file)).toMatchObject({
      output: expect.stringContaining('SUCCESS'),
      status: 0,
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const one = (uid: string, title: string) => queriesOf(uid, title)[0] ?? '';
const just = (value: number): Said[] => [{ labels: '{}', value }];

describe.skipIf(withoutPromtool)(`panels${leftOut}`, () => {
  const well: Seen = { up: 1, verdict: 'healthy', blame: 'none', lastSuccess: 93_000 };
  const upstream: Seen = {
    up: 0,
    verdict: 'target_failing',
    blame: 'upstream_dns',
    lastSuccess: 80_000,
  };
  const dangling: Seen = { up: 0, verdict: 'target_nxdomain', blame: 'target' };
  const lost: Seen = {
    up: 0,
    verdict: 'cluster_dns_failing',
    blame: 'cluster_dns',
    lastSuccess: 90_000,
  };
  const population: readonly (readonly [service: string, a: Seen, b: Seen])[] = [
    ['disputed', well, upstream],
    [
      'impaired',
      { ...well, verdict: 'degraded', blame: 'target' },
      { ...well, verdict: 'degraded', blame: 'target' },
    ],
    ['dangling', dangling, dangling],
    ['lost', lost, lost],
    // Down for more than a day.
    ['forgotten', { ...lost, lastSuccess: 1_000 }, { ...lost, lastSuccess: 1_000 }],
    ['fresh', { verdict: 'pending', blame: 'none' }, { verdict: 'pending', blame: 'none' }],
  ];
  const given = population.flatMap(([service, a, b]) => [
    ...serviceSeen('a', service, a),
    ...serviceSeen('b', service, b),
    // A node from which nothing resolves.
    ...serviceSeen('node', service, {
      up: 0,
      verdict: 'cluster_dns_failing',
      blame: 'cluster_dns',
    }),
  ]);

  test('count a Service once, as the cluster sees it', () => {
    expectSaid(given, [
      [one(OVERVIEW, 'Services'), just(6)],
      [one(OVERVIEW, 'Up'), just(2)],
      [one(OVERVIEW, 'Down'), just(3)],
      [one(OVERVIEW, 'Impaired'), just(1)],
      [one(OVERVIEW, 'Not judged'), just(1)],
      [
        one(OVERVIEW, 'Down by blame'),
        [
          { labels: '{blame="cluster_dns"}', value: 2 },
          { labels: '{blame="target"}', value: 1 },
        ],
      ],
    ]);
  });

  test('list what is not healthy, once each', () => {
    const [, state = '', lastSuccess = ''] = queriesOf(OVERVIEW, 'Not healthy, worst first');
    const of = (service: string) => `{namespace="shop", service="${service}"}`;
    expectSaid(given, [
      [
        state,
        [
          { labels: of('impaired'), value: 1 },
          { labels: of('dangling'), value: 0 },
          { labels: of('lost'), value: 0 },
          { labels: of('forgotten'), value: 0 },
          { labels: of('fresh'), value: 2 },
        ],
      ],
      [
        lastSuccess,
        [
          { labels: of('impaired'), value: 93_000_000 },
          { labels: of('lost'), value: 90_000_000 },
          { labels: of('forgotten'), value: 1_000_000 },
        ],
      ],
    ]);
  });

  test('take the error budget from Services in use, by the rounds that DNS has lost', () => {
    // disputed, impaired and lost are in use: six pairs of a Service and a replica. DNS has lost three of them.
    expectSaid(given, [
      [one(OVERVIEW, 'Burn rate'), just(500)],
      [one(OVERVIEW, 'Good rounds'), just(0.5)],
      [one(OVERVIEW, 'Error budget left'), just(-499)],
    ]);
  });

  test('count what an outage has lost after it is over, too', () => {
    // It ended three minutes ago. Of the rounds of the last four and a half minutes six were good, and 2.25 were lost (3 of 11), as
    // `rate` extrapolates.
    const [before, after] = [END - 3, 3];
    const verdict = (word: string, blame: string, values: string) =>
      seen('a', 'mended', 'service_verdict', `verdict="${word}", blame="${blame}"`, values);
    const rounds = (result: string, values: string) =>
      seen('a', 'mended', 'service_rounds_total', `result="${result}"`, values);
    const mended = [
      verdict('cluster_dns_failing', 'cluster_dns', `1x${before} stale`),
      verdict('healthy', 'none', `_x${before + 1} 1x${after - 1}`),
      rounds('down', `0+2x${before} ${2 * before}x${after - 1}`),
      rounds('up', `0x${before} 2+2x${after - 1}`),
      seen('a', 'mended', 'last_success_timestamp_seconds', '', constant(93_000)),
    ];
    expectSaid(mended, [[one(OVERVIEW, 'Burn rate'), just(272.7272727272727)]]);
  });

  test('leave the error budget alone while DNS is well, and say so', () => {
    const owners = ['impaired', 'dangling'].flatMap((service) =>
      serviceSeen('a', service, service === 'dangling' ? dangling : well),
    );
    expectSaid(owners, [
      [one(OVERVIEW, 'Burn rate'), just(0)],
      [one(OVERVIEW, 'Error budget left'), just(1)],
    ]);
  });

  test('show the worst verdict of one Service, and what nodes see beside it', () => {
    const disputed = given.filter(({ series }) => series.includes('service="disputed"'));
    expectSaid(disputed, [
      [
        one(SERVICE, 'Verdict'),
        // target_failing, by its place among the colours.
        [{ labels: '{namespace="shop", service="disputed"}', value: 8 }],
      ],
      [
        one(SERVICE, 'Vantage points that get an address'),
        [
          { labels: '{}', value: 0.5 },
          { labels: '{vantage="node"}', value: 0 },
        ],
      ],
    ]);
  });

  test('count a change once, however many replicas saw it, and no rotation', () => {
    const changed = ['a', 'b'].flatMap((pod) => [
      seen(pod, 'db', 'target_changes_total', 'kind="replaced"', growing(1)),
      seen(pod, 'db', 'target_changes_total', 'kind="addresses"', growing(1)),
    ]);
    expectSaid(changed, [[one(OVERVIEW, 'Drift'), [{ labels: '{kind="replaced"}', value: 4.5 }]]]);
  });

  test('have latencies of a Service without histograms, too', () => {
    const [p50 = ''] = queriesOf(SERVICE, 'Latency by hop');
    const gauges = ['A', 'AAAA'].map((type, index) =>
      seen(
        'a',
        'db',
        'probe_last_duration_seconds',
        `hop="app", type="${type}"`,
        constant(index + 1),
      ),
    );
    expectSaid(gauges, [
      [p50, [{ labels: '{namespace="shop", service="db", hop="app"}', value: 2 }]],
    ]);
  });

  test('add shards up, and replicas not', () => {
    const monitor = (pod: string, shard: number, services: number): Given[] => [
      { series: `externalname_services{instance="${pod}", job="j"}`, values: constant(services) },
      {
        series: `externalname_shard_info{instance="${pod}", job="j", shard="${shard}", total_shards="2"}`,
        values: constant(1),
      },
    ];
    const shards = [...monitor('a', 0, 30), ...monitor('b', 1, 12), ...monitor('b2', 1, 12)];
    expectSaid(shards, [[one(MONITOR, 'Services watched'), just(42)]]);
  });

  test('show each cluster of a fleet in its row, also one whose monitor is gone', () => {
    const inCluster = (cluster: string, family: string, labels: string, values: string): Given => ({
      series: `externalname_${family}{cluster="${cluster}", instance="a", job="j"${labels}}`,
      values,
    });
    const service = (name: string) => `, namespace="shop", service="${name}"`;
    const fleet = [
      inCluster('east', 'build_info', '', constant(1)),
      inCluster('east', 'server_up', ', server="10.0.0.10"', constant(1)),
      inCluster('east', 'server_up', ', server="10.0.0.11"', constant(0)),
      inCluster('east', 'service_info', service('db'), constant(1)),
      inCluster('east', 'service_up', service('db'), constant(0)),
      inCluster('west', 'build_info', '', `1x${END - 20} stale`),
      inCluster('north', 'build_info', '', constant(1)),
      inCluster('north', 'service_info', service('db'), constant(1)),
      inCluster('north', 'service_up', service('db'), constant(1)),
    ];
    const of = (cluster: string, value: number): Said => ({
      labels: `{cluster="${cluster}"}`,
      value,
    });
    const [down = '', services = '', dns = '', , monitors = ''] = queriesOf(FLEET, 'Clusters');
    expectSaid(fleet, [
      [down, [of('east', 1), of('north', 0)]],
      [services, [of('east', 1), of('north', 1)]],
      [dns, [of('east', 0)]],
      [monitors, [of('east', 1), of('north', 1), of('west', 0)]],
      [one(FLEET, 'Down by cluster'), [of('east', 1)]],
    ]);
  });

  test('count the Services that one target takes down', () => {
    const dead = ['a', 'b', 'c'].flatMap((service) => [
      seen('a', service, 'service_info', 'external_name="db.example.com"', constant(1)),
      seen('a', service, 'service_up', '', constant(service === 'c' ? 1 : 0)),
    ]);
    const [down = '', services = ''] = queriesOf(OVERVIEW, 'Down by target');
    const labels = '{external_name="db.example.com"}';
    expectSaid(dead, [
      [down, [{ labels, value: 2 }]],
      [services, [{ labels, value: 3 }]],
    ]);
  });

  test('show the Services that went down last, whoever was down before', () => {
    const went = [...Array(22).keys()].map((minute) =>
      seen('a', `db-${minute}`, 'service_down_since_timestamp_seconds', '', constant(minute * 60)),
    );
    const [, since = ''] = queriesOf(OVERVIEW, 'Newest failures');
    const last = [...Array(20).keys()].map((n) => n + 2);
    expectSaid(went, [
      [
        since,
        last.map((minute) => ({
          labels: `{namespace="shop", service="db-${minute}"}`,
          value: minute * 60_000,
        })),
      ],
    ]);
  });
});
