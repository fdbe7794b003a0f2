/**
 * Findings from rounds against real cluster DNS. The test proves that the packets for each rule
 * occur in reality.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseServers } from '../../src/config/values.ts';
import type { Context } from '../../src/diagnosis/context.ts';
import { findingsOf } from '../../src/diagnosis/findings.ts';
import { isInLoop } from '../../src/diagnosis/loop.ts';
import { judgePolicy } from '../../src/diagnosis/policy.ts';
import { NO_TRACE, traceAfter } from '../../src/diagnosis/trace.ts';
import { openResolver } from '../../src/dns/resolver.ts';
import { isAtLeast } from '../../src/model/finding.ts';
import type { Policy } from '../../src/model/policy.ts';
import { runRound } from '../../src/probe/round.ts';
import { context } from '../fixtures/context.ts';
import { specOf } from '../fixtures/spec.ts';
import {
  ask,
  type Cluster,
  defaultZones,
  describeE2e,
  externalName,
  startCluster,
  until,
} from '../lab/cluster/index.ts';

const CLUSTER_DOMAIN = 'cluster.local';

/**
 * The target of each Service, and its findings of level warning or higher, or all findings where
 * noted.
 */
const SERVICES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  fine: ['pool.example.test'],
  literal: ['192.0.2.7', 'critical ip_literal_target'],
  'too-long': [`${'x'.repeat(64)}.example.test`, 'critical name_not_encodable'],
  'loop-a': ['loop-b.default.svc.cluster.local', 'critical loop'],
  'loop-b': ['loop-a.default.svc.cluster.local', 'critical loop'],
  short: ['kubernetes', 'critical unqualified_target'],
  'no-domain': ['kubernetes.default.svc', 'critical unqualified_target'],
  'two-labels': ['kubernetes.default', 'critical unqualified_target'],
  loopback: ['loopback.example.test', 'critical loopback_answer'],
  'link-local': ['link-local.example.test', 'critical link_local_answer'],
  metadata: ['metadata.example.test', 'critical metadata_answer'],
  'metadata-mapped': ['mapped.example.test', 'critical metadata_answer'],
  'metadata-nat64': ['nat64.example.test', 'critical metadata_answer'],
  nowhere: ['nowhere.example.test', 'critical unspecified_answer'],
  claimable: ['gone.azurewebsites.net', 'critical dangling_claimable'],
  'claimable-end': ['shop.example.test', 'critical dangling_claimable'],
  unregistered: ['shop.unregistered.com', 'critical dangling_unregistered'],
  'unregistered-end': ['lapsed.example.test', 'critical dangling_unregistered'],
  'no-such-tld': ['db.shop.corp'],
  'dead-end': ['dangling.example.test'],
  elsewhere: ['api.kube-system.svc.cluster.local', 'warning in_cluster_target'],
  forbidden: ['www.other.test', 'warning target_not_allowed'],
  'forbidden-network': ['outside.example.test', 'warning address_not_allowed'],
};

/** The same for rules of level info. These Services have no other findings. */
const INFORMED: Readonly<Record<string, readonly [string, ...string[]]>> = {
  many: ['many.example.test', 'info needs_tcp'],
  lone: ['v4.example.test', 'info single_address'],
  private: ['private.example.test', 'info private_answer'],
  winding: ['hop-0.example.test', 'info long_chain'],
};

const POLICY: Policy = {
  allowedSuffixes: [
    'example.test',
    'azurewebsites.net',
    'unregistered.com',
    'shop.corp',
    'cluster.local',
    'svc',
    'kubernetes',
    'default',
    '192.0.2.7',
  ],
  deniedCidrs: ['203.0.113.0/24'],
  namespaces: new Map(),
};

describeE2e('findings', () => {
  let cluster: Cluster;
  const all = { ...SERVICES, ...INFORMED };

  beforeAll(async () => {
    const hops = Array.from({ length: 8 }, (_, i) => [
      `hop-${i}`,
      [`CNAME hop-${i + 1}.example.test.`],
    ]);
    cluster = await startCluster({
      zones: {
        ...defaultZones,
        'azurewebsites.net': { other: ['A 192.0.2.1'] },
        'elasticbeanstalk.com': {},
        com: {},
        uk: {},
        'example.test': {
          ...defaultZones['example.test'],
          pool: ['A 192.0.2.1', 'A 192.0.2.2'],
          loopback: ['A 127.0.0.1', 'A 192.0.2.1'],
          'link-local': ['A 192.0.2.1', 'AAAA fe80::1'],
          metadata: ['A 169.254.169.254', 'A 192.0.2.1'],
          mapped: ['A 192.0.2.1', 'A 192.0.2.2', 'AAAA ::ffff:169.254.169.254'],
          nat64: ['A 192.0.2.1', 'A 192.0.2.2', 'AAAA 64:ff9b::a9fe:a9fe'],
          nowhere: ['A 0.0.0.0', 'A 192.0.2.1'],
          shop: ['CNAME shop.eu-west-1.elasticbeanstalk.com.'],
          lapsed: ['CNAME cdn.lapsed.co.uk.'],
          outside: ['A 203.0.113.7', 'A 192.0.2.1'],
          'ring-a': ['CNAME ring-b.example.test.'],
          'ring-b': ['CNAME ring-c.example.test.'],
          'ring-c': ['CNAME ring-a.example.test.'],
          private: ['A 10.1.2.3', 'A 10.1.2.4'],
          ...Object.fromEntries(hops),
          'hop-8': ['A 192.0.2.1', 'A 192.0.2.2'],
        },
      },
    });
    for (const [name, [target]] of Object.entries(all)) {
      await cluster.kube.create(externalName(name, target));
    }
    const last = `${Object.keys(all).at(-1)}.default.svc.${CLUSTER_DOMAIN}`;
    await until('cluster DNS knows them', async () => {
      return (await ask(cluster.dns.address, last, 'CNAME')).rcode === 'NOERROR';
    });
  });

  afterAll(() => cluster?.stop());

  /** The findings after three rounds. */
  async function found(
    name: string,
    target = all[name]?.[0] ?? '',
    server = cluster.dns.address,
  ): Promise<string[]> {
    const spec = specOf(name, { namespace: 'default', externalName: target });
    const servers = parseServers(server);
    let trace = NO_TRACE;
    let known: Context | undefined;
    for (let i = 0; i < 3; i++) {
      const asker = openResolver({ servers, timeoutMs: 2_000, attempts: 2 });
      const options = { clusterDomain: CLUSTER_DOMAIN, hops: 'all', first: 'app' } as const;
      const round = name === 'too-long' ? {} : await runRound(asker, spec, options);
      asker.close();
      trace = traceAfter(trace, spec, round);
      known = context({
        round,
        trace,
        inLoop: isInLoop(spec, CLUSTER_DOMAIN, (key) => {
          const other = all[key.replace('default/', '')];
          return other && { target: other[0] };
        }),
        policy: judgePolicy(POLICY, spec, round),
      });
    }
    if (!known) throw new Error('Cannot look: no round, got 0');
    const least = name in SERVICES ? 'warning' : 'info';
    return findingsOf({ ...known, spec })
      .filter(({ level }) => isAtLeast(level, least))
      .map(({ level, rule }) => `${level} ${rule}`);
  }

  test.each(Object.entries(all))('%s', async (name, [, ...expected]) => {
    expect(await found(name)).toEqual(expected);
  });

  test('a circle of CNAMEs where a server shows it; Unbound says SERVFAIL, and nothing tells', async () => {
    const target = 'ring-a.example.test';
    expect(await found('fine', target, cluster.authority.address)).toEqual(['critical loop']);
    expect(await found('fine', target)).toEqual([]);
  });

  test('that TCP to cluster DNS fails', async () => {
    const mend = cluster.dns.cutOff({ transport: 'tcp' });
    expect(await found('many')).toEqual(['warning needs_tcp']);
    mend();
    expect(await found('many')).toEqual(['info needs_tcp']);
  });
});
