import { describe, expect, it } from 'vitest';
import { dnsEndpointSlices } from '../../../src/kubernetes/endpoint-slices.ts';

const resource = dnsEndpointSlices({ namespace: 'kube-system', name: 'kube-dns' });
const PORTS = [
  { name: 'metrics', protocol: 'TCP', port: 9153 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53 },
  { name: 'dns', protocol: 'UDP', port: 1053 },
];
const slim = (change: object = {}) =>
  resource.slim({
    metadata: { namespace: 'kube-system', name: 'kube-dns-abc', uid: 'u' },
    addressType: 'IPv4',
    ports: PORTS,
    endpoints: [],
    ...change,
  });
const endpoint = (address: unknown, conditions?: object, name = 'coredns-1') => ({
  addresses: [address],
  ...(conditions ? { conditions } : {}),
  targetRef: { kind: 'Pod', name },
});
const addresses = (endpoints: unknown) => slim({ endpoints })?.pods.map(({ address }) => address);

describe('dnsEndpointSlices', () => {
  it('asks for those of the Service alone', () => {
    expect(resource.path).toBe('/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices');
    expect(resource.labelSelector).toBe('kubernetes.io/service-name=kube-dns');
  });

  it('takes ready endpoints that are not terminating, at the port named dns', () => {
    const ready = endpoint('10.0.0.1', { ready: true, serving: true, terminating: false });
    expect(slim({ endpoints: [ready] })).toEqual({
      key: 'kube-system/kube-dns-abc',
      uid: 'u',
      family: 'ipv4',
      pods: [{ name: 'coredns-1', address: '10.0.0.1', port: 1053 }],
    });
    expect(addresses([endpoint('10.0.0.1')])).toEqual(['10.0.0.1']);
    expect(addresses([endpoint('10.0.0.1', { ready: false })])).toEqual([]);
    expect(addresses([endpoint('10.0.0.1', { ready: true, terminating: true })])).toEqual([]);
  });

  it.each([
    ['no port named dns', { ports: PORTS.slice(0, 2) }],
    ['ports that are none', { ports: 'none' }],
    ['names instead of addresses', { addressType: 'FQDN' }],
    ['no name', { metadata: {} }],
  ])('leaves out a slice with %s', (_what, change) => {
    expect(slim(change)).toBeUndefined();
  });

  it.each([[null], ['text'], [[null, 5, {}]], [[endpoint('no address')]], [[endpoint(7)]]])(
    'survives %j as endpoints',
    (endpoints) => {
      expect(addresses(endpoints)).toEqual([]);
    },
  );

  it('takes no more than a hundred', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => endpoint(`10.0.${i >> 8}.${i & 255}`));
    expect(addresses(many)).toHaveLength(100);
  });
});
