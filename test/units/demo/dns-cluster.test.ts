import { describe, expect, test } from 'vitest';
import {
  type ClusterDns,
  type ClusterService,
  resolveInCluster,
} from '../../../src/demo/dns/cluster.ts';
import { Internet } from '../../../src/demo/dns/internet.ts';
import type { Answer } from '../../../src/demo/dns/message.ts';

const services: Record<string, ClusterService> = {
  'a/api': alias('api.example.com'),
  'a/dangling': alias('gone.example.com'),
  'a/failing': alias('servfail.example.com'),
  'a/silent': alias('silent.example.com'),
  'a/literal': alias('192.0.2.1'),
  'a/literal-dot': alias('192.0.2.1.'),
  'a/self': alias('self.a.svc.cluster.local'),
  'a/below': alias('x.below.a.svc.cluster.local'),
  'a/ping': alias('pong.a.svc.cluster.local'),
  'a/pong': alias('ping.a.svc.cluster.local'),
  'a/inside': alias('web.b.svc.cluster.local'),
  'a/inside-missing': alias('nothing.b.svc.cluster.local'),
  'a/twice': alias('api.a.svc.cluster.local'),
  'b/web': { type: 'ClusterIP', addresses: ['10.96.1.1', 'fd00::1'] },
  'b/headless': { type: 'ClusterIP', addresses: [] },
};

function alias(externalName: string): ClusterService {
  return { type: 'ExternalName', externalName };
}

const dns: ClusterDns = {
  zone: 'cluster.local',
  services: (namespace, name) => services[`${namespace}/${name}`],
  internet: new Internet()
    .set('api.example.com', { cname: 'edge.example.com', ttl: 300, delayMs: 5 })
    .set('edge.example.com', { a: ['192.0.2.1'], ttl: 7, delayMs: 10 })
    .set('servfail.example.com', { rcode: 'SERVFAIL' })
    .set('silent.example.com', { delayMs: Number.POSITIVE_INFINITY }),
  forwardTimeoutMs: 2000,
};

function ask(name: string, type = 'A', at = dns): Answer {
  return resolveInCluster(at, name, type, 0);
}

/** `NOERROR CNAME=x A=y soa`. */
function shown({ rcode, answers, authorities }: Answer): string {
  const records = answers.map((record) =>
    record.type === 'SOA' ? 'SOA' : `${record.type}=${record.data}`,
  );
  const soa = authorities.map((record) => `(${record.type} ${record.name})`);
  return [rcode, ...records, ...soa].join(' ');
}

describe('an ExternalName Service', () => {
  const soa = '(SOA cluster.local)';
  test.each([
    ['CNAME', 'api', 'NOERROR CNAME=api.example.com'],
    ['CNAME', 'dangling', 'NOERROR CNAME=gone.example.com'],
    ['A', 'api', 'NOERROR CNAME=api.example.com CNAME=edge.example.com A=192.0.2.1'],
    ['AAAA', 'api', 'NOERROR CNAME=api.example.com CNAME=edge.example.com'],
    ['TXT', 'api', `NOERROR ${soa}`],
    // Every failure of the target's lookup is a bare CNAME.
    ['A', 'dangling', 'NOERROR CNAME=gone.example.com'],
    ['A', 'failing', 'NOERROR CNAME=servfail.example.com'],
    ['A', 'silent', 'NOERROR CNAME=silent.example.com'],
    // Literals are refused, unless disguised.
    ['A', 'literal', `NXDOMAIN ${soa}`],
    ['CNAME', 'literal', `NXDOMAIN ${soa}`],
    ['CNAME', 'literal-dot', 'NOERROR CNAME=192.0.2.1.'],
    // Within the zone: NODATA with the CNAME stripped if nothing comes of it.
    ['A', 'inside', 'NOERROR CNAME=web.b.svc.cluster.local A=10.96.1.1'],
    ['AAAA', 'inside', 'NOERROR CNAME=web.b.svc.cluster.local AAAA=fd00::1'],
    ['A', 'inside-missing', `NOERROR ${soa}`],
    ['CNAME', 'inside-missing', 'NOERROR CNAME=nothing.b.svc.cluster.local'],
    [
      'A',
      'twice',
      'NOERROR CNAME=api.a.svc.cluster.local CNAME=api.example.com CNAME=edge.example.com A=192.0.2.1',
    ],
    // Loops: dropped, while CNAME succeeds.
    ['A', 'self', `NOERROR ${soa}`],
    ['CNAME', 'self', 'NOERROR CNAME=self.a.svc.cluster.local'],
    ['A', 'below', `NOERROR ${soa}`],
    ['A', 'ping', `NOERROR ${soa}`],
    ['CNAME', 'missing', `NXDOMAIN ${soa}`],
  ])('%s of %s', (type, name, expected) => {
    expect(shown(ask(`${name}.a.svc.cluster.local`, type))).toBe(expected);
  });

  test('keeps the case of the question and gives all records the smallest TTL', () => {
    const { answers } = ask('API.a.svc.Cluster.local');
    expect(answers[0]?.name).toBe('API.a.svc.Cluster.local');
    expect(answers.map((record) => record.ttl)).toEqual([7, 7, 7]);
  });

  test('takes as long as its target, at most the forward timeout', () => {
    expect(ask('api.a.svc.cluster.local').delayMs).toBe(15);
    expect(ask('silent.a.svc.cluster.local').delayMs).toBe(2000);
    expect(ask('silent.a.svc.cluster.local', 'CNAME').delayMs).toBe(0);
  });
});

test('other names of the cluster zone', () => {
  expect(shown(ask('kubernetes.default.svc.cluster.local'))).toBe('NOERROR A=10.96.0.1');
  expect(shown(ask('web.b.svc.cluster.local', 'CNAME'))).toBe('NOERROR (SOA cluster.local)');
  expect(shown(ask('headless.b.svc.cluster.local'))).toBe('NXDOMAIN (SOA cluster.local)');
  expect(shown(ask('svc.cluster.local'))).toBe('NOERROR (SOA cluster.local)');
  expect(shown(ask('x.pod.cluster.local'))).toBe('NXDOMAIN (SOA cluster.local)');
});

test('a name outside the zone is forwarded; one that only ends alike is outside', () => {
  expect(shown(ask('gone.example.com'))).toBe('NXDOMAIN (SOA example.com)');
  expect(shown(ask('servfail.example.com'))).toBe('SERVFAIL');
  expect(ask('silent.example.com')).toMatchObject({ rcode: 'SERVFAIL', delayMs: 2000 });
  expect(shown(ask('api.a.svc.othercluster.local'))).toBe('NXDOMAIN (SOA )');
});

test("without a forward timeout an upstream's silence is ours", () => {
  const patient = { ...dns, forwardTimeoutMs: Number.POSITIVE_INFINITY };
  expect(ask('silent.a.svc.cluster.local', 'A', patient).delayMs).toBe(Number.POSITIVE_INFINITY);
  expect(ask('silent.example.com', 'A', patient).delayMs).toBe(Number.POSITIVE_INFINITY);
});
