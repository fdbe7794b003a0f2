import { describe, expect, it } from 'vitest';
import { isMisnamed, misnamingOf } from '../../../src/diagnosis/misnaming.ts';
import { result } from '../../fixtures/rounds.ts';

const of = (target: string, clusterDomain = 'cluster.local', name = 'db') =>
  misnamingOf({ namespace: 'shop', name, target }, clusterDomain);
const found = (...args: Parameters<typeof of>): string => {
  const misnaming = of(...args);
  if (!misnaming) return '';
  return [misnaming.rule, misnaming.likelihood, ...misnaming.candidates].join(' ');
};

describe('misnamingOf', () => {
  it.each([
    // Unqualified.
    ['redis', 'unqualified_target likely redis.shop.svc.cluster.local'],
    ['redis.other', 'unqualified_target guess redis.other.svc.cluster.local'],
    ['redis.svc', 'unqualified_target certain redis.shop.svc.cluster.local'],
    ['redis.other.svc', 'unqualified_target certain redis.other.svc.cluster.local'],
    ['a.redis.other.svc', 'unqualified_target certain a.redis.other.svc.cluster.local'],
    ['10-0-0-1.default.pod', 'unqualified_target certain 10-0-0-1.default.pod.cluster.local'],
    // Pods of a StatefulSet.
    [
      'web-0',
      'unqualified_target likely web-0.shop.svc.cluster.local web-0.web.shop.svc.cluster.local',
    ],
    [
      'web-0.web',
      'unqualified_target guess web-0.web.svc.cluster.local web-0.web.shop.svc.cluster.local',
    ],
    ['web-0.web.other', 'unqualified_target guess web-0.web.other.svc.cluster.local'],
    [
      'web-0.web.svc.cluster.local',
      'incomplete_cluster_name guess web-0.web.shop.svc.cluster.local',
    ],
    // Parts are missing, or too few.
    ['redis.other.cluster.local', 'incomplete_cluster_name certain redis.other.svc.cluster.local'],
    ['redis.svc.cluster.local', 'incomplete_cluster_name certain redis.shop.svc.cluster.local'],
    ['redis.cluster.local', 'incomplete_cluster_name certain redis.shop.svc.cluster.local'],
    ['svc.cluster.local', 'incomplete_cluster_name certain'],
    ['redis.other.svc.cluster', 'wrong_cluster_domain certain redis.other.svc.cluster.local'],
    ['redis.other.cluster', 'wrong_cluster_domain certain redis.other.svc.cluster.local'],
    ['redis.other.svc.locl', 'wrong_cluster_domain certain redis.other.svc.cluster.local'],
    // Below a public suffix, it may be meant.
    ['redis.other.svc.example.com', 'wrong_cluster_domain guess redis.other.svc.cluster.local'],
    ['redis.svc.shop', 'wrong_cluster_domain guess redis.shop.svc.cluster.local'],
    ['10.0.0.256', 'ip_like_target certain'],
    ['0x7f000001', 'ip_like_target certain'],
    ['localhost', 'localhost_target certain'],
    // Nothing is wrong with these.
    ['redis.other.svc.cluster.local', ''],
    ['_http._tcp.redis.other.svc.cluster.local', ''],
    ['10-0-0-1.other.pod.cluster.local', ''],
    ['cluster.local', ''],
    ['db.eu.example.com', ''],
    ['svc.example.com', ''],
    ['api.svc.example.com', ''],
    ['192.0.2.1', ''],
    ['a..svc', ''],
  ])('%s: %s', (target, expected) => {
    expect(found(target)).toBe(expected);
  });

  it.each([
    ['redis.other.svc.cluster.local', 'redis.other.svc.k8s.corp'],
    ['redis.other.cluster.local', 'redis.other.svc.k8s.corp'],
    ['redis.cluster.local', 'redis.shop.svc.k8s.corp'],
    ['redis.other.svc.k8s', 'redis.other.svc.k8s.corp'],
    ['redis.other.k8s', 'redis.other.svc.k8s.corp'],
  ])('knows the usual domain and a cut-off one where the domain is another: %s', (target, name) => {
    expect(found(target, 'k8s.corp')).toBe(`wrong_cluster_domain certain ${name}`);
  });

  it.each(['redis', 'redis.shop', 'redis.svc', 'redis.shop.svc', 'redis.shop.cluster.local'])(
    'never proposes the Service itself: %s',
    (target) => {
      expect(of(target)?.candidates).toEqual(['redis.shop.svc.cluster.local']);
      expect(of(target, 'cluster.local', 'redis')?.candidates).toEqual([]);
    },
  );

  it('never proposes a name that cannot be asked for', () => {
    expect(of(`${'a.'.repeat(122)}svc`)?.candidates).toEqual([]);
  });
});

describe('isMisnamed', () => {
  const spec = { namespace: 'shop', name: 'db', target: 'redis.other' };
  const target = { A: result('nxdomain') };
  const name = 'redis.other.svc.cluster.local';

  it('needs a name that exists, or a target that can never be right', () => {
    const corrected = { target, corrections: [{ name, result: result(['10.96.0.7']) }] };
    expect(isMisnamed(spec, corrected, 'cluster.local')).toBe(true);
    const absent = { target, corrections: [{ name, result: result('nxdomain') }] };
    expect(isMisnamed(spec, absent, 'cluster.local')).toBe(false);
    expect(isMisnamed({ ...spec, target: '10.20.30' }, { target }, 'cluster.local')).toBe(true);
    // No vantage point has a target hop; somebody's error is no answer.
    expect(isMisnamed({ ...spec, target: '10.20.30' }, {}, 'cluster.local')).toBe(false);
    const failing = { target: { A: result('servfail') } };
    expect(isMisnamed({ ...spec, target: '10.20.30' }, failing, 'cluster.local')).toBe(false);
  });

  it('leaves alone what lies in the zone of another cluster, or of a set of clusters, that is served', () => {
    const deniedBy = (zone: string) => ({
      target: { A: result('nxdomain', { negative: { zone, ttl: 5, minimum: 5 } }) },
    });
    const inOther = { ...spec, target: 'redis.shop.svc.cluster.local' };
    expect(isMisnamed(inOther, deniedBy('.'), 'k8s.corp')).toBe(true);
    expect(isMisnamed(inOther, deniedBy('local'), 'k8s.corp')).toBe(true);
    expect(isMisnamed(inOther, deniedBy('cluster.local'), 'k8s.corp')).toBe(false);
    const inSet = { ...spec, target: 'redis.shop.svc.clusterset.local' };
    expect(isMisnamed(inSet, deniedBy('.'), 'cluster.local')).toBe(true);
    expect(isMisnamed(inSet, deniedBy('clusterset.local'), 'cluster.local')).toBe(false);
  });
});
