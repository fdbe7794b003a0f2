import { describe, expect, it } from 'vitest';
import { parseResolvConf } from '../../../src/config/resolv-conf.ts';

describe('parseResolvConf', () => {
  it('reads what the kubelet writes', () => {
    const text =
      'search shop.svc.k8s.corp svc.k8s.corp k8s.corp\nnameserver 10.96.0.10\noptions ndots:5 timeout:2 attempts:3\n';
    expect(parseResolvConf(text)).toEqual({
      nameservers: ['10.96.0.10'],
      clusterDomain: 'k8s.corp',
      search: ['shop.svc.k8s.corp', 'svc.k8s.corp', 'k8s.corp'],
      timeoutMs: 2_000,
      attempts: 3,
    });
  });

  it('has the defaults of a resolver, and takes nothing from nonsense', () => {
    const text =
      '# nameserver 1.1.1.1\nnameserver\nnameserver nonsense\nsearch svc.-\noptions timeout:x attempts:99\n\0\n';
    expect(parseResolvConf(text)).toEqual({
      nameservers: [],
      search: [],
      timeoutMs: 5_000,
      attempts: 5,
    });
    expect(parseResolvConf('')).toEqual({
      nameservers: [],
      search: [],
      timeoutMs: 5_000,
      attempts: 2,
    });
  });

  it('reads the options that change what is asked, and passes over the others', () => {
    const all =
      'options use-vc edns0 rotate single-request single-request-reopen no-aaaa trust-ad\n';
    expect(parseResolvConf(all).stub).toEqual({
      useVc: true,
      edns0: true,
      rotate: true,
      singleRequest: true,
      singleRequestReopen: true,
      noAaaa: true,
      trustAd: true,
    });
    const some = 'options edns0 inet6 ndots:5 no-aaaa\noptions trust-ad -no-aaaa -rotate\n';
    expect(parseResolvConf(some).stub).toEqual({ edns0: true, trustAd: true });
    expect(parseResolvConf('options ndots:5 toString\n')).not.toHaveProperty('stub');
  });
});
