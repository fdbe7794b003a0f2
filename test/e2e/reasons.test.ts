/**
 * Details that resolvers add to their answers: the SOA of negative ones, and extended errors,
 * through a real CoreDNS.
 */
import { expect, test } from 'vitest';
import { select } from '../fixtures/samples.ts';
import { defaultZones, describeE2e, externalName, until } from '../lab/cluster/index.ts';
import { monitored } from './monitor.ts';

/** Filled before the monitor starts. */
const references = ['--reference-zones=bogus.test', '--reference-interval=10s'];
const DS = `bogus.test. DS 12345 8 2 ${'0'.repeat(64)}`;

/** Unbound reports the second once it has found the first. */
const BOGUS = /^(dnskey_missing|dnssec_bogus)$/;

describeE2e('the reasons of servers', () => {
  const m = monitored(
    async ({ kube, upstream }) => {
      await kube.create(externalName('gone', 'gone.example.test'));
      await kube.create(externalName('bogus', 'www.bogus.test'));
      references.push(`--reference-dns=${upstream.address}`);
    },
    references,
    {
      ttl: 120,
      zones: { ...defaultZones, 'bogus.test': { www: ['A 192.0.2.1'] } },
      upstreamCacheTtl: 600,
      // A zone that is signed according to its trust anchor, but has no key.
      upstreamConfig: ['module-config: "validator iterator"', `trust-anchor: "${DS}"`, 'ede: yes'],
      coredns: { cacheTtl: 5 },
    },
  );

  const detail = async (service: string) =>
    JSON.parse((await m.monitor.get(`/api/v1/services/default/${service}`)).text);
  const sampled = async (name: string) =>
    select(await m.monitor.samples(), name).map(({ labels, value }) => [
      labels.service,
      labels.extended_error ?? value,
    ]);

  test('are lost in the cache of CoreDNS, but for the SOA; references give them', async () => {
    await m.verdicts({
      'default/gone': '0 target_nxdomain target',
      'default/bogus': '0 target_failing target',
    });
    await until('what cluster DNS keeps', async () => {
      const { recovery } = await detail('gone');
      expect(recovery).toMatchObject({ zone: 'example.test', seconds: 120 });
      return recovery.clusterDnsSeconds === 5;
    });
    expect(await sampled('externalname_target_negative_ttl_seconds')).toEqual([['gone', 120]]);
    expect(await sampled('externalname_target_extended_error')).toEqual([]);
    await until('what the reference says', async () => {
      const { references } = await detail('bogus');
      const errors = references[0]?.answers[0]?.extendedErrors ?? [];
      return errors.some(({ name }: { name: string }) => BOGUS.test(name));
    });
  });

  test('come through a CoreDNS without a cache', async () => {
    await m.cluster.dns.reconfigure({ cacheTtl: 0 });
    await until('the reason', async () => {
      const errors = await sampled('externalname_target_extended_error');
      return errors.some(([service, error]) => service === 'bogus' && BOGUS.test(String(error)));
    });
    const { hops } = await detail('bogus');
    expect(hops[2].answers[0]).toMatchObject({
      outcome: 'servfail',
      extendedErrors: [{ name: expect.stringMatching(BOGUS) }],
    });
    const page = (await m.monitor.get('/services/default/bogus')).text;
    expect(page).toContain('<strong>Reason:</strong> DNSSEC: ');
    const probe = await m.monitor.get('/probe?namespace=default&service=bogus&debug=true');
    expect(probe.text).toMatch(/additional .* OPT .*EDE \d \(DNSSEC: /);
  });
});
