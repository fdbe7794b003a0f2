import { describe, expect, it } from 'vitest';
import { defaultSettingsOf, familiesOf, probeConfigOf } from '../../src/config/probe-config.ts';
import { parseServers, UsageError } from '../../src/config/values.ts';
import { parse } from './_parse.ts';

describe('probeConfigOf', () => {
  it('takes the families of our own pod, else both', () => {
    expect(familiesOf('10.0.0.7,fd00::7')).toEqual(['ipv4', 'ipv6']);
    expect(familiesOf('fd00::7')).toEqual(['ipv6']);
    expect(familiesOf(undefined)).toEqual(['ipv4', 'ipv6']);
  });

  it('takes what the options leave open from resolv.conf', async () => {
    const text = 'nameserver 10.96.0.10\nsearch svc.k8s.corp\noptions timeout:2 attempts:3\n';
    const env = { POD_IPS: '10.0.0.7', POD_NAME: 'monitor-0' };
    expect(probeConfigOf(await parse(['--attempts=1', '--max-outstanding=7']), env, text)).toEqual({
      servers: [{ address: '10.96.0.10', port: 53, label: '10.96.0.10:53' }],
      clusterDomain: 'k8s.corp',
      isOwnDomain: true,
      intervalMs: 30_000,
      timeoutMs: 2_000,
      attempts: 1,
      families: ['ipv4'],
      recordTypes: ['A', 'AAAA'],
      hops: 'all',
      upstreamCanary: '.',
      concurrency: 1_000,
      maxOutstanding: 7,
      convergenceDeadlineMs: 60_000,
      salt: 'monitor-0',
    });
  });

  it.each(['--cluster-dns=10.0.0.1,10.0.0.2,10.0.0.1:53', '--attempts=2'])(
    'has each server once, in its order, by %s',
    async (option) => {
      const text = 'nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.1\n';
      expect(probeConfigOf(await parse([option]), {}, text).servers).toEqual(
        parseServers('10.0.0.1,10.0.0.2'),
      );
    },
  );

  it('has references only where they are given, each once', async () => {
    const given = ['--cluster-dns=10.96.0.10', '--reference-zones=shop.com'];
    expect(probeConfigOf(await parse(given), {}, '').reference).toBeUndefined();
    const twice = await parse([...given, '--reference-dns=9.9.9.9,1.1.1.1,9.9.9.9:53']);
    expect(probeConfigOf(twice, {}, '').reference).toEqual({
      servers: parseServers('9.9.9.9,1.1.1.1'),
      intervalMs: 300_000,
      zones: ['shop.com'],
    });
  });

  it('says what to do where there is no DNS server', async () => {
    const options = await parse([]);
    expect(() => probeConfigOf(options, {}, 'search svc.cluster.local\n')).toThrow(
      new UsageError(
        'Cannot find a DNS server: /etc/resolv.conf has no nameserver line; give --cluster-dns=<address>, got ""',
      ),
    );
  });
});

describe('defaultSettingsOf', () => {
  it.each([
    [5_000, []],
    [1_000, ['--interval=1s']],
    [300_000, ['--interval=5m', '--hops=app']],
    [10_000, ['--interval=5m', '--hops=app', '--min-interval=10s']],
    [60_000, ['--min-interval=1m']],
  ])('has %i ms as the shortest interval of an annotation with %j', async (minIntervalMs, args) => {
    const options = await parse(['--cluster-dns=10.96.0.10', ...args]);
    const settings = defaultSettingsOf(probeConfigOf(options, {}, ''), options);
    expect(settings).toEqual({
      intervalMs: options.interval,
      minIntervalMs,
      recordTypes: ['A', 'AAAA'],
      families: ['ipv4', 'ipv6'],
    });
  });
});
