import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultSettingsOf, familiesOf, probeConfigOf } from '../../../src/config/probe-config.ts';
import { parseServers, UsageError } from '../../../src/config/values.ts';
import { selfSigned } from '../../../src/demo/certificate.ts';
import { parse } from './_parse.ts';

describe('probeConfigOf', () => {
  it('takes the families of our own pod, else both', () => {
    expect(familiesOf('10.0.0.7,fd00::7')).toEqual(['ipv4', 'ipv6']);
    expect(familiesOf('fd00::7')).toEqual(['ipv6']);
    expect(familiesOf(undefined)).toEqual(['ipv4', 'ipv6']);
  });

  it('takes what the options leave open from resolv.conf', async () => {
    const text =
      'nameserver 10.96.0.10\nsearch shop.svc.k8s.corp svc.k8s.corp k8s.corp corp eu.corp\noptions timeout:2 attempts:3\n';
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
      searchDomains: ['corp', 'eu.corp'],
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

  it('asks references over TLS, with the authorities of a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'authorities-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [good, bad] = ['good.pem', 'bad.pem'].map((name) => join(folder, name));
    if (!good || !bad) throw new Error('Cannot happen: there are two');
    const { cert } = selfSigned();
    writeFileSync(good, cert);
    writeFileSync(bad, 'none');
    const given = [
      '--cluster-dns=10.96.0.10',
      '--reference-dns=tls://9.9.9.9#dns.quad9.net,1.1.1.1',
    ];
    const options = await parse([...given, `--reference-ca=${good}`]);
    expect(probeConfigOf(options, {}, '').reference?.servers).toEqual([
      {
        address: '9.9.9.9',
        port: 853,
        label: 'tls://9.9.9.9:853',
        tls: { name: 'dns.quad9.net', ca: cert },
      },
      { address: '1.1.1.1', port: 53, label: '1.1.1.1:53' },
    ]);
    const withFile = async (file: string) => parse([...given, `--reference-ca=${file}`]);
    const [empty, missing] = [await withFile(bad), await withFile(join(folder, 'missing.pem'))];
    expect(() => probeConfigOf(empty, {}, '')).toThrow(
      'Cannot use the file of --reference-ca: it contains no PEM certificate, got "',
    );
    expect(() => probeConfigOf(missing, {}, '')).toThrow(
      'Cannot read the file of --reference-ca: ENOENT',
    );
  });

  it('has the search domains that are given, and of resolv.conf those of a pod alone', async () => {
    const domains = async (args: string[], search: string) => {
      const options = await parse(['--cluster-dns=10.96.0.10', ...args]);
      return probeConfigOf(options, {}, `search ${search}\n`).searchDomains;
    };
    const ofPod = 'shop.svc.cluster.local svc.cluster.local cluster.local Corp. corp bad_domain .';
    expect(await domains([], ofPod)).toEqual(['corp']);
    expect(await domains([], 'corp.example home')).toEqual([]);
    expect(await domains(['--search-domains=a.example,b.example'], ofPod)).toEqual([
      'a.example',
      'b.example',
    ]);
    expect(await domains(['--search-domains=none'], ofPod)).toEqual([]);
    const many = Array.from({ length: 33 }, (_, i) => `d${i}.example`);
    expect((await domains([], `svc.cluster.local ${many.join(' ')}`)).length).toBe(32);
    await expect(domains([`--search-domains=${many}`], ofPod)).rejects.toThrow(
      'there must be at most 32, got 33',
    );
  });

  it('asks for signatures only where a horizon is given', async () => {
    const horizon = async (...args: string[]) =>
      probeConfigOf(await parse(['--cluster-dns=10.96.0.10', ...args]), {}, '').dnssecHorizonMs;
    expect(await horizon()).toBeUndefined();
    expect(await horizon('--dnssec-horizon=off')).toBeUndefined();
    expect(await horizon('--dnssec-horizon=72h')).toBe(72 * 3_600_000);
    await expect(horizon('--dnssec-horizon=10m')).rejects.toThrow('it must be from 1h to 720h');
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
