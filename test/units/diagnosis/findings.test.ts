import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../src/diagnosis/findings.ts';
import { NO_TRACE } from '../../../src/diagnosis/trace.ts';
import {
  FINDINGS,
  isAtLeast,
  isStated,
  type Level,
  MAX_DETAIL,
  NO_FINDINGS,
  RULES,
  type Rule,
} from '../../../src/model/finding.ts';
import { type Change, context } from '../../fixtures/context.ts';
import { answered, hop, result } from '../../fixtures/rounds.ts';

interface Cases {
  /** Change, level and detail. */
  readonly fires: readonly (readonly [Change, Level, string?])[];
  readonly not: readonly Change[];
}

const inZone = 'db.shop.svc.cluster.local';
const bare = (chain: readonly string[]) => ({
  app: hop('bare_cname', 'bare_cname'),
  target: { A: result('bare_cname', { chain }), AAAA: result('bare_cname', { chain }) },
});
const gone = (chain: readonly string[] = []) => ({
  app: hop('bare_cname', 'bare_cname'),
  target: { A: result('nxdomain', { chain }), AAAA: result('nxdomain', { chain }) },
});
/** Of a name that does not exist, by the SOA of `zone`. */
const denied = (zone: string, chain: readonly string[] = []) => {
  const A = result('nxdomain', { chain, negative: { zone, ttl: 30, minimum: 900 } });
  return { app: hop('bare_cname', 'bare_cname'), target: { A, AAAA: A } };
};
const names = (count: number) => Array.from({ length: count }, (_, i) => `n${i}.example.net`);
const chained = (chain: readonly string[]) => ({
  app: hop(['192.0.2.1', '192.0.2.2']),
  target: {
    A: result(['192.0.2.1', '192.0.2.2'], { chain }),
    AAAA: result('bare_cname', { chain }),
  },
});
const service = (name: string, clusterDomain = 'cluster.local') => `${name}.svc.${clusterDomain}`;
const absent = (name: string) => ({ name: service(name), result: result('nxdomain') });
/** The target is gone, and another name exists. */
const meant = (name: string, clusterDomain?: string) => ({
  ...gone(),
  corrections: [
    absent('first-guess.shop'),
    { name: service(name, clusterDomain), result: result(['10.96.0.7']) },
  ],
});
const twice = { ...NO_TRACE, nxdomain: 2 };
/** What an address makes of a Service, wrapped or not. */
const address = (rule: Rule, ...addresses: string[]): Cases['fires'] =>
  addresses.map((one) => [
    { round: one.includes(':') ? answered('nodata', [one]) : answered([one]) },
    FINDINGS[rule].level,
    one,
  ]);

const DAY = 86_400_000;
const NEW_YEAR = Date.UTC(2026, 0, 1);
const SOON = { now: NEW_YEAR, horizonMs: 3 * DAY };
const signedFor = (left: number) => ({
  zone: 'example.com',
  endsAt: NEW_YEAR + left,
  askedAt: NEW_YEAR,
});

const CASES: Readonly<Record<Rule, Cases>> = {
  ip_literal_target: {
    fires: [
      [{ externalName: '192.0.2.7' }, 'critical', '192.0.2.7'],
      [{ externalName: '192.0.2.7.' }, 'critical', '192.0.2.7'],
      [{ externalName: '2001:db8::7' }, 'critical', '2001:db8::7'],
    ],
    not: [
      { externalName: '192.0.2.7.example.com' },
      { externalName: '1.2.3' },
      { externalName: '192.0.2.7', controller: 'external-dns' },
    ],
  },
  name_not_encodable: {
    fires: [
      [
        { externalName: `${'a'.repeat(64)}.example.com` },
        'critical',
        'a label has 64 bytes, more than 63',
      ],
      [{ externalName: 'a..example.com' }, 'critical', 'a label is empty'],
      [{ externalName: '' }, 'critical', 'the name is empty'],
    ],
    not: [{ externalName: `${'a'.repeat(63)}.example.com` }],
  },
  loop: {
    fires: [
      [{ inLoop: true }, 'critical', 'db.example.com leads back to this Service'],
      [
        { round: bare(['a.example.com', 'db.example.com']) },
        'critical',
        'db.example.com comes twice',
      ],
      [
        { round: bare(['a.example.com', 'b.example.com', 'a.example.com']) },
        'critical',
        'a.example.com comes twice',
      ],
    ],
    not: [
      { round: bare(['a.example.com', 'b.example.com']) },
      // It ended at an address all the same.
      { round: chained(['a.example.com', 'db.example.com']) },
    ],
  },
  unqualified_target: {
    fires: [
      [{ externalName: 'redis', round: meant('redis.shop') }, 'critical', service('redis.shop')],
      [{ externalName: 'redis.', round: meant('redis.shop') }, 'critical', service('redis.shop')],
      // What does not exist is never proposed, and neither is what was not asked for.
      [{ externalName: 'redis', round: gone() }, 'critical'],
      [{ externalName: 'redis.other.svc', round: gone() }, 'critical'],
      [
        { externalName: 'redis.other', round: meant('redis.other') },
        'critical',
        service('redis.other'),
      ],
      [
        { externalName: 'web-0.web', round: meant('web-0.web.shop') },
        'critical',
        service('web-0.web.shop'),
      ],
      // It resolves all the same, somebody's error is no answer, and before the first round nobody knows.
      [{ externalName: 'redis' }, 'warning'],
      [{ externalName: 'redis', round: answered('timeout', 'timeout') }, 'warning'],
      [{ externalName: 'redis', round: undefined }, 'warning'],
    ],
    not: [
      { externalName: 'redis.other', round: gone() },
      { externalName: 'redis.other', round: { ...gone(), corrections: [absent('redis.other')] } },
      { externalName: inZone, round: gone() },
      { externalName: 'db.shop.svc.k8s.svc', clusterDomain: 'k8s.svc', round: gone() },
      { externalName: '2001:db8::7' },
      { externalName: 'a'.repeat(64) },
      { externalName: 'localhost' },
      { externalName: 'placeholder', controller: 'tailscale' },
    ],
  },
  wrong_cluster_domain: {
    fires: [
      [
        { externalName: inZone, clusterDomain: 'k8s.corp', round: meant('db.shop', 'k8s.corp') },
        'critical',
        'db.shop.svc.k8s.corp',
      ],
      [
        { externalName: inZone, clusterDomain: 'k8s.corp', round: gone() },
        'critical',
        'the cluster domain is k8s.corp',
      ],
      [
        { externalName: inZone, clusterDomain: 'k8s.corp', round: undefined },
        'warning',
        'the cluster domain is k8s.corp',
      ],
      ...['redis.shop.svc.cluster', 'redis.shop.svc.cluster.locale', 'redis.shop.cluster'].map(
        (externalName) =>
          [
            { externalName, round: meant('redis.shop') },
            'critical',
            service('redis.shop'),
          ] as const,
      ),
      // Below a public suffix only an existing name shows the mistake.
      [
        { externalName: 'redis.shop.svc.example.com', round: meant('redis.shop') },
        'critical',
        service('redis.shop'),
      ],
      [
        { externalName: 'db.shop.svc.clusterset.local', round: gone() },
        'critical',
        'the cluster domain is cluster.local',
      ],
    ],
    not: [
      // Another cluster's names may be served: an answer is right.
      { externalName: inZone, clusterDomain: 'k8s.corp' },
      { externalName: 'db.shop.svc.clusterset.local' },
      { externalName: 'db.shop.svc.clusterset.local', round: undefined },
      { externalName: 'redis.shop.svc.example.com', round: gone() },
      { externalName: 'api.svc.example.com', round: gone() },
      { externalName: inZone, round: gone() },
    ],
  },
  incomplete_cluster_name: {
    fires: [
      ...['redis.shop.cluster.local', 'redis.svc.cluster.local', 'redis.cluster.local'].map(
        (externalName) =>
          [
            { externalName, round: meant('redis.shop') },
            'critical',
            service('redis.shop'),
          ] as const,
      ),
      [{ externalName: 'redis.shop.cluster.local', round: gone() }, 'critical'],
      [{ externalName: 'redis.svc.cluster.local', round: answered('nodata') }, 'critical'],
      [{ externalName: 'redis.shop.cluster.local', round: undefined }, 'warning'],
      [
        { externalName: 'web-0.web.svc.cluster.local', round: meant('web-0.web.shop') },
        'critical',
        service('web-0.web.shop'),
      ],
    ],
    not: [
      { externalName: 'redis.shop.cluster.local' },
      { externalName: inZone, round: gone() },
      { externalName: 'web-0.web.svc.cluster.local', round: gone() },
      { externalName: '10-0-0-1.shop.pod.cluster.local', round: gone() },
    ],
  },
  ip_like_target: {
    fires: [
      [{ externalName: '10.0.0.256', round: gone() }, 'critical', '10.0.0.256'],
      [
        { externalName: '10.20.30', round: undefined },
        'critical',
        '10.20.30: some programs read it as 10.20.0.30',
      ],
      [
        { externalName: '0x7f.1', round: gone() },
        'critical',
        '0x7f.1: some programs read it as 127.0.0.1',
      ],
      [
        { externalName: '010.1.2.3', round: gone() },
        'critical',
        '010.1.2.3: some programs read it as 8.1.2.3',
      ],
      [{ externalName: '1.2.3.4.5.' }, 'warning', '1.2.3.4.5'],
    ],
    not: [
      { externalName: '10.0.0.1' },
      { externalName: '10.example.com' },
      { externalName: '10-0-0-1.example.com' },
    ],
  },
  localhost_target: {
    fires: [
      ...[
        'localhost',
        'db.localhost',
        'localhost.localdomain',
        'ip6-localhost',
        'ip6-loopback',
      ].map((externalName) => [{ externalName, round: gone() }, 'critical', externalName] as const),
      [{ externalName: 'localhost', round: undefined }, 'critical', 'localhost'],
      [{ externalName: 'localhost' }, 'warning', 'localhost'],
    ],
    not: [{ externalName: 'localhost.example.com' }, { externalName: 'mylocalhost' }],
  },
  shadows_public_name: {
    fires: [
      [{ name: 'yahoo', namespace: 'com' }, 'critical', 'pods that ask for yahoo.com get it'],
      [{ name: 'github', namespace: 'io' }, 'critical', 'pods that ask for github.io get it'],
      [
        { name: 'example', namespace: 'org', round: undefined },
        'critical',
        'pods that ask for example.org get it',
      ],
    ],
    not: [
      { name: 'redis', namespace: 'shop' },
      { name: 'redis', namespace: 'dev' },
      { name: 'redis', namespace: 'ci' },
      // Nobody can register it, or no such domain exists.
      { name: 'co', namespace: 'uk' },
      { name: 'redis', namespace: 'db' },
      { name: 'redis', namespace: 'default' },
      { name: 'com', namespace: 'yahoo' },
    ],
  },
  shadows_cluster_zone: {
    fires: [
      [
        { name: 'redis', namespace: 'svc' },
        'critical',
        'pods that ask for redis.svc or, with some DNS servers, x.redis.svc get it',
      ],
      [{ name: 'redis', namespace: 'local' }, 'critical', 'pods that ask for redis.local get it'],
      [{ name: 'svc', namespace: 'cluster' }, 'critical', 'pods that ask for svc.cluster get it'],
      [{ name: 'redis', namespace: 'cluster' }, 'info', 'pods that ask for redis.cluster get it'],
      [
        { name: 'redis', namespace: 'corp', clusterDomain: 'k8s.corp' },
        'critical',
        'pods that ask for redis.corp get it',
      ],
      ...['wpad', 'isatap', 'localhost'].map(
        (name) =>
          [
            { name },
            'critical',
            `pods in the namespace shop that look for ${name} get it`,
          ] as const,
      ),
    ],
    not: [
      { name: 'svc', namespace: 'shop' },
      { name: 'local', namespace: 'shop' },
      { name: 'redis', namespace: 'local', clusterDomain: 'k8s.corp' },
    ],
  },
  loopback_answer: {
    fires: address(
      'loopback_answer',
      '127.0.0.1',
      '127.8.8.8',
      '::1',
      '::ffff:7f00:1',
      '64:ff9b::7f00:1',
    ),
    not: [
      { round: answered(['128.0.0.1']) },
      { externalName: '127.0.0.1', round: answered('nxdomain') },
    ],
  },
  link_local_answer: {
    fires: address(
      'link_local_answer',
      '169.254.20.10',
      'fe80::1',
      '::ffff:a9fe:140a',
      '64:ff9b::a9fe:140a',
    ),
    not: [{ round: answered(['169.253.0.1']) }],
  },
  metadata_answer: {
    fires: address(
      'metadata_answer',
      '169.254.169.254',
      'fd00:ec2::254',
      '::ffff:a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
    ),
    not: [{ round: answered(['169.254.169.1']) }, { round: answered('nodata', ['fd00:ec2::255']) }],
  },
  unspecified_answer: {
    fires: address('unspecified_answer', '0.0.0.0', '::', '::ffff:0:0', '64:ff9b::'),
    not: [{ round: answered(['1.0.0.0']) }],
  },
  dangling_claimable: {
    fires: [
      [
        { externalName: 'old-shop.azurewebsites.net', round: gone(), trace: twice },
        'critical',
        'old-shop.azurewebsites.net (Azure App Service)',
      ],
      [
        { round: gone(['mid.example.net', 'old.us-east-1.elasticbeanstalk.com']), trace: twice },
        'critical',
        'old.us-east-1.elasticbeanstalk.com (AWS Elastic Beanstalk)',
      ],
    ],
    not: [
      // Only once so far; it exists again; nobody says; nobody can claim it; the end of the chain is what counts.
      { externalName: 'old.azurewebsites.net', round: gone(), trace: { ...twice, nxdomain: 1 } },
      { externalName: 'old.azurewebsites.net', trace: twice },
      { externalName: 'old.azurewebsites.net', round: answered('servfail'), trace: twice },
      { externalName: 'old.example.com', round: gone(), trace: twice },
      { externalName: 'old.azurewebsites.net', round: gone(['x.example.net']), trace: twice },
    ],
  },
  dangling_unregistered: {
    fires: [
      [
        { externalName: 'shop.unregistered.com', round: denied('com'), trace: twice },
        'critical',
        'unregistered.com: NXDOMAIN by the zone com',
      ],
      [
        { round: denied('uk', ['cdn.lapsed.co.uk']), trace: twice },
        'critical',
        'lapsed.co.uk: NXDOMAIN by the zone uk',
      ],
      [
        { round: denied('co.uk', ['lapsed.co.uk']), trace: twice },
        'critical',
        'lapsed.co.uk: NXDOMAIN by the zone co.uk',
      ],
    ],
    not: [
      // A missing record of a domain that is there, also of one that is a suffix of a provider.
      { externalName: 'old.example.com', round: denied('example.com'), trace: twice },
      { externalName: 'a.old.example.com', round: denied('old.example.com'), trace: twice },
      { externalName: 'x.free.github.io', round: denied('github.io'), trace: twice },
      // Only once so far; without a SOA; of another name; it exists for the other family.
      {
        externalName: 'shop.unregistered.com',
        round: denied('com'),
        trace: { ...twice, nxdomain: 1 },
      },
      { externalName: 'shop.unregistered.com', round: gone(), trace: twice },
      { externalName: 'shop.unregistered.com', round: denied('net'), trace: twice },
      {
        externalName: 'shop.unregistered.com',
        round: { ...denied('com'), target: { ...denied('com').target, AAAA: result(['2001::1']) } },
        trace: twice,
      },
      // No such top-level domain, a private one, and those under which nothing is for sale.
      { externalName: 'db.shop.corp', round: denied('.'), trace: twice },
      { externalName: 'shop.unregistered.com', round: denied('.'), trace: twice },
      { externalName: 'db.shop.corp', round: denied('corp'), trace: twice },
      { externalName: '7.0.0.10.in-addr.arpa', round: denied('in-addr.arpa'), trace: twice },
      { externalName: 'old.agency.gov', round: denied('gov'), trace: twice },
      // The cluster's own zone; a suffix itself; of a provider, which `dangling_claimable` says.
      {
        externalName: 'db.shop.svc.k8s.com',
        clusterDomain: 'k8s.com',
        round: denied('com'),
        trace: twice,
      },
      { externalName: 'co.uk', round: denied('uk'), trace: twice },
      { externalName: 'old.azurewebsites.net', round: denied('net'), trace: twice },
      // A Service of this cluster was meant, which is `unqualified_target`.
      {
        externalName: 'redis.shop',
        round: {
          ...denied('shop'),
          corrections: [{ name: 'redis.shop.svc.cluster.local', result: result('ok') }],
        },
        trace: twice,
      },
    ],
  },
  in_cluster_target: {
    fires: [
      [{ externalName: 'db.other.svc.cluster.local' }, 'warning', 'Service other/db'],
      [{ externalName: 'db-0.db.other.svc.cluster.local' }, 'warning', 'Service other/db'],
      [{ externalName: '10-0-0-1.other.pod.cluster.local' }, 'warning', 'pod other/10-0-0-1'],
      [{ externalName: 'db.other.svc.k8s', clusterDomain: 'k8s' }, 'warning', 'Service other/db'],
    ],
    not: [
      { externalName: inZone },
      { externalName: 'other.svc.cluster.local' },
      { externalName: 'ns.dns.cluster.local' },
      { externalName: 'db.other.etc.cluster.local' },
      { externalName: 'db.other.svc.cluster.other' },
      { externalName: 'cluster.local' },
      { externalName: 'db.other.svc.cluster.local.example.com' },
      { externalName: 'db.other.svc' },
      { externalName: 'ts-db.tailscale.svc.cluster.local', controller: 'tailscale' },
    ],
  },
  target_not_allowed: {
    fires: [[{ policy: { target: 'why' } }, 'warning', 'why']],
    not: [{ policy: { address: '10.0.0.1' } }],
  },
  address_not_allowed: {
    fires: [[{ policy: { address: '10.0.0.1' } }, 'warning', '10.0.0.1']],
    not: [{ policy: { target: 'why' } }],
  },
  unknown_annotation: {
    fires: [
      [
        { unknownAnnotations: ['externalname-monitor/intervall', 'externalname-monitor/x'] },
        'warning',
        'externalname-monitor/intervall (did you mean externalname-monitor/interval?), externalname-monitor/x (there are enabled, interval, record-types, severity, alert-severity)',
      ],
    ],
    not: [{ unknownAnnotations: [] }],
  },
  resolvers_differ: {
    fires: [
      [
        { round: { app: { A: result(['192.0.2.1'], { unreadBy: ['glibc'] }) } } },
        'warning',
        'no address for glibc; musl, go, c-ares get addresses',
      ],
      // Each type is an answer of its own.
      [
        {
          round: {
            app: {
              A: result(['192.0.2.1'], { unreadBy: ['c-ares', 'glibc'] }),
              AAAA: result(['2001:db8::1'], { unreadBy: ['go', 'musl'] }),
            },
          },
        },
        'warning',
        'no address for glibc, musl, go, c-ares; others get some',
      ],
    ],
    not: [
      { round: { app: hop(['192.0.2.1']) } },
      // Pods ask for the alias: how they would read the target's own answer does not matter to them.
      {
        round: {
          app: hop(['192.0.2.1']),
          target: { A: result(['192.0.2.1'], { unreadBy: ['glibc'] }) },
        },
      },
    ],
  },
  signature_expires: {
    fires: [
      [
        { signed: signedFor(2 * DAY), dnssec: SOON },
        'warning',
        'the signature by example.com ends on 2026-01-03 00:00 UTC',
      ],
      // It has ended.
      [
        { signed: signedFor(-DAY), dnssec: SOON },
        'warning',
        'the signature by example.com ends on 2025-12-31 00:00 UTC',
      ],
      // The zone used to renew it with two days left, and has not done so with less than one.
      [
        { signed: { ...signedFor(DAY - 1), renewedBefore: 2 * DAY }, dnssec: SOON },
        'warning',
        'the signature by example.com ends on 2026-01-01 23:59 UTC',
      ],
    ],
    not: [
      { signed: signedFor(3 * DAY), dnssec: SOON },
      { signed: { ...signedFor(1.5 * DAY), renewedBefore: 2 * DAY }, dnssec: SOON },
      { signed: signedFor(2 * DAY) },
      { dnssec: SOON },
    ],
  },
  needs_tcp: {
    fires: [
      [{ trace: { ...NO_TRACE, tcp: 'works' } }, 'info'],
      [{ trace: { ...NO_TRACE, tcp: 'fails' } }, 'warning', 'cluster DNS does not answer over TCP'],
    ],
    not: [{ trace: { ...NO_TRACE, tcp: 'none' } }],
  },
  edns_dropped: {
    fires: [
      [{ trace: { ...NO_TRACE, withoutEdns: ['A'] } }, 'info', 'A'],
      [{ trace: { ...NO_TRACE, withoutEdns: ['A', 'AAAA'] } }, 'info', 'A and AAAA'],
    ],
    not: [{ trace: NO_TRACE }],
  },
  private_answer: {
    fires: address(
      'private_answer',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      'fd12::1',
      '64:ff9b::a01:203',
    ),
    not: [
      { round: answered(['172.32.0.1']) },
      // What lies in the cluster is private as a matter of course.
      { externalName: inZone, round: answered(['10.1.2.3']) },
    ],
  },
  zero_ttl: {
    fires: [[{ trace: { ...NO_TRACE, zeroTtl: 3 } }, 'info']],
    not: [
      { trace: { ...NO_TRACE, zeroTtl: 2 } },
      { trace: { ...NO_TRACE, zeroTtl: 3 }, externalName: inZone },
    ],
  },
  long_chain: {
    fires: [
      [{ round: chained(names(8)) }, 'info', '8 CNAMEs, the last to n7.example.net'],
      [{ round: gone(names(12)) }, 'info', '12 CNAMEs, the last to n11.example.net'],
    ],
    not: [{ round: chained(names(7)) }],
  },
  ports_ignored: {
    fires: [
      [{ ports: [{ port: 5432 }] }, 'info', 'port 5432'],
      [{ ports: [{ port: 80 }, { port: 443 }] }, 'info', 'ports 80, 443'],
      [
        { ports: Array.from({ length: 10 }, (_, i) => ({ port: i + 1 })) },
        'info',
        'ports 1, 2, 3, 4, 5, 6, 7, 8 and 2 more',
      ],
    ],
    not: [{ ports: [] }],
  },
  selector_ignored: { fires: [[{ hasSelector: true }, 'info']], not: [{}] },
  filled_by_controller: {
    fires: [
      [
        { externalName: 'placeholder', controller: 'tailscale', round: undefined },
        'info',
        'Tailscale operator',
      ],
      [
        { externalName: '192.0.2.7', controller: 'external-dns', round: undefined },
        'info',
        'external-dns',
      ],
    ],
    not: [{ externalName: 'placeholder' }],
  },
  tls_name_differs: {
    fires: [
      [{ ports: [{ port: 80 }, { port: 443 }] }, 'info', 'port 443: db.example.com'],
      [{ ports: [{ port: 6379, name: 'redis-tls' }] }, 'info', 'port 6379: db.example.com'],
    ],
    not: [
      { ports: [{ port: 5432 }] },
      { ports: [{ port: 443, name: 'http' }] },
      { ports: [{ port: 443 }], externalName: '192.0.2.7' },
    ],
  },
  unusable_family: {
    fires: [
      [
        { round: answered(['192.0.2.1', '192.0.2.2'], ['2001:db8::1']), families: ['ipv4'] },
        'info',
        '2001:db8::1',
      ],
    ],
    not: [
      { round: answered(['192.0.2.1', '192.0.2.2'], ['2001:db8::1']) },
      { round: answered(['192.0.2.1', '192.0.2.2']), families: ['ipv4'] },
    ],
  },
  single_address: {
    fires: [
      [{ round: answered(['192.0.2.1']) }, 'info', '192.0.2.1'],
      [{ round: answered(['192.0.2.1'], ['2001:db8::1']) }, 'info', '192.0.2.1, 2001:db8::1'],
      [
        { round: answered(['192.0.2.1'], ['2001:db8::1', '2001:db8::2']), families: ['ipv4'] },
        'info',
        '192.0.2.1',
      ],
    ],
    not: [
      { round: answered(['192.0.2.1'], ['2001:db8::1', '2001:db8::2']) },
      // Whether there are more is not known; behind one address of the cluster are many pods; there is none.
      { round: answered(['192.0.2.1'], 'servfail') },
      { round: answered(['10.96.0.7']), externalName: inZone },
      { round: answered('nodata') },
    ],
  },
  split_horizon: {
    fires: [[{ splitHorizon: true }, 'info']],
    not: [{ splitHorizon: false }],
  },
};

describe.each(RULES)('%s', (rule) => {
  const found = (change: Change) =>
    findingsOf(context(change)).filter((finding) => finding.rule === rule);

  it.each(CASES[rule].fires.map((row) => [row]))('fires, case %#', ([change, level, detail]) => {
    expect(found(change)).toEqual([{ rule, level, ...(detail === undefined ? {} : { detail }) }]);
  });

  it.each(CASES[rule].not.map((change) => [change]))('does not, case %#', (change) => {
    expect(found(change)).toEqual([]);
  });
});

describe('findingsOf', () => {
  it('finds nothing about an ordinary Service, and makes nothing of it', () => {
    expect(findingsOf(context())).toBe(NO_FINDINGS);
    expect(findingsOf(context({ round: undefined }))).toBe(NO_FINDINGS);
    expect(findingsOf(context({ round: {} }))).toBe(NO_FINDINGS);
  });

  it('gives the array of before unless something has changed', () => {
    const before = findingsOf(context({ round: answered(['10.0.0.1', '10.0.0.2']) }));
    const rotated = context({ round: answered(['10.0.0.2', '10.0.0.1']) });
    expect(findingsOf(rotated, before)).toBe(before);
    const other = findingsOf(context({ round: answered(['10.0.0.3', '10.0.0.4']) }), before);
    expect(other).toMatchObject([{ detail: '10.0.0.3' }]);
    expect(findingsOf(context(), before)).toBe(NO_FINDINGS);
    const dead = { externalName: 'redis', round: gone() };
    const critical = findingsOf(context(dead));
    expect(findingsOf(context({ ...dead, round: answered('timeout') }), critical)).not.toBe(
      critical,
    );
  });

  it('tells the worst first', () => {
    const many = findingsOf(
      context({
        externalName: 'db.other.svc.cluster.local',
        ports: [{ port: 443 }],
        round: answered(['0.0.0.0', '169.254.169.254']),
        inLoop: true,
        splitHorizon: true,
      }),
    );
    expect(many.map(({ rule }) => rule)).toEqual([
      'loop',
      'metadata_answer',
      'unspecified_answer',
      'in_cluster_target',
      'ports_ignored',
      'tls_name_differs',
      'split_horizon',
    ]);
    const milder = findingsOf(
      context({ externalName: 'localhost', round: answered(['127.0.0.1', '192.0.2.1']) }),
    );
    expect(milder.map(({ rule, level }) => `${level} ${rule}`)).toEqual([
      'critical loopback_answer',
      'warning localhost_target',
    ]);
  });

  it('looks at what pods get as well as at what the target answers', () => {
    const app = context({ round: { app: hop(['127.0.0.1']), target: hop('servfail') } });
    const target = context({ round: { app: hop('servfail'), target: hop(['127.0.0.1']) } });
    for (const one of [app, target]) {
      expect(findingsOf(one)).toContainEqual(
        expect.objectContaining({ rule: 'loopback_answer', detail: '127.0.0.1' }),
      );
    }
  });

  it('remembers nothing of one cluster domain for another', () => {
    const { spec, ...rest } = context({ externalName: 'db.other.svc.k8s' });
    expect(findingsOf({ ...rest, spec })).toBe(NO_FINDINGS);
    expect(findingsOf({ ...rest, spec, clusterDomain: 'k8s' })).toHaveLength(1);
    expect(findingsOf({ ...rest, spec })).toBe(NO_FINDINGS);
  });

  it('shows hostile text in one line, and not endless', () => {
    const why = findingsOf(context({ policy: { target: `\u001b[2J\n${'é'.repeat(10_000)}` } }));
    expect(why[0]?.detail).toMatch(/^\?\[2J\?\?+\.\.\.$/);
    expect(why[0]?.detail).toHaveLength(MAX_DETAIL);
    const hostile = `${'x'.repeat(1_000_000)}.svc\u0000`;
    for (const externalName of [hostile, '.', '..', '.svc', 'svc', '*.svc', '\n', '::', '💥.svc']) {
      for (const { detail = '' } of findingsOf(context({ externalName, round: gone(['', '.']) }))) {
        expect(detail).toMatch(/^[\x20-\x7e]*$/);
        expect(detail.length).toBeLessThanOrEqual(MAX_DETAIL);
      }
    }
  });
});

describe('levels and verdicts', () => {
  it('are in order', () => {
    expect(isAtLeast('critical', 'warning')).toBe(true);
    expect(isAtLeast('warning', 'warning')).toBe(true);
    expect(isAtLeast('info', 'warning')).toBe(false);
  });

  it('know what a verdict states already', () => {
    expect(isStated({ rule: 'ip_literal_target' }, 'invalid_target')).toBe(true);
    expect(isStated({ rule: 'ip_literal_target' }, 'cluster_dns_failing')).toBe(false);
    expect(isStated({ rule: 'dangling_claimable' }, 'target_nxdomain')).toBe(false);
    expect(isStated({ rule: 'dangling_unregistered' }, 'target_nxdomain')).toBe(false);
  });
});
