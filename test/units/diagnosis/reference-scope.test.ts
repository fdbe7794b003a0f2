import { describe, expect, it } from 'vitest';
import { isAskedAtReferences } from '../../../src/diagnosis/reference-scope.ts';

function asked(target: string, ...zones: string[]): boolean {
  return isAskedAtReferences(target, 'k8s.example.com', { zones });
}

describe('without zones', () => {
  it.each([
    'db.shop.com',
    'shop.com',
    'a.b.example.co.uk',
    'bucket.s3.us-east-1.amazonaws.com',
    'x.github.io',
    'www.example.test',
    'api.k8s.example.org',
    'notk8s.example.com',
  ])('asks for %s', (target) => {
    expect(asked(target)).toBe(true);
  });

  it.each([
    ['in the zone of the cluster', 'db.other.svc.k8s.example.com'],
    ['the zone of the cluster', 'k8s.example.com'],
    ['an IPv4 literal', '192.0.2.1'],
    ['an IPv6 literal', '2001:db8::1'],
    ['not encodable', `${'a'.repeat(64)}.shop.com`],
    ['an empty label', 'a..shop.com'],
    ['empty', ''],
    ['one label', 'redis'],
    ['one label that is a public suffix', 'com'],
    ['a Service and its namespace', 'redis.other'],
    ['a Service, its namespace and svc', 'redis.other.svc'],
    ['a private name', 'db.corp'],
    ['a private name of many', 'ip-10-0-0-1.eu-west-1.compute.internal'],
    ['another cluster', 'db.other.svc.cluster.local'],
    ['localhost', 'app.localhost'],
    ['a home', 'nas.home.arpa'],
    ['Tor', 'abcdefghij.onion'],
  ])('keeps what is %s', (_, target) => {
    expect(asked(target)).toBe(false);
  });
});

describe('with zones', () => {
  it('asks only for what is in one of them, with a dot boundary', () => {
    expect(asked('db.shop.com', 'pay.org', 'shop.com')).toBe(true);
    expect(asked('shop.com', 'shop.com')).toBe(true);
    expect(asked('db.workshop.com', 'shop.com')).toBe(false);
    expect(asked('shop.com.evil.org', 'shop.com')).toBe(false);
    expect(asked('com', 'shop.com')).toBe(false);
    expect(asked('db.other.org', 'shop.com')).toBe(false);
  });

  it('asks for a private name that they cover, but never for what the cluster knows best', () => {
    expect(asked('db.corp', 'corp')).toBe(true);
    expect(asked('db.shop.svc.k8s.example.com', 'example.com')).toBe(false);
    expect(asked('redis.other.svc', 'svc')).toBe(false);
    expect(asked('svc', 'svc')).toBe(false);
    expect(asked('192.0.2.1', '1')).toBe(false);
    expect(asked(`${'a'.repeat(64)}.shop.com`, 'shop.com')).toBe(false);
  });
});
