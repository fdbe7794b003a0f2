/** Search domains, DNSSEC signatures, and resolvers over TLS, with real DNS servers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selfSigned } from '../../src/demo/certificate.ts';
import { select } from '../fixtures/samples.ts';
import {
  type Cluster,
  describeE2e,
  externalName,
  startCluster,
  until,
} from '../lab/cluster/index.ts';
import { freePort } from '../lab/cluster/ports.ts';
import { defaultZones } from '../lab/cluster/zones.ts';
import type { Program } from '../lab/program.ts';
import { startMonitor } from './monitor.ts';

const DAY = 86_400_000;
/** In whole seconds, like in signatures. */
const ENDS = Math.floor(Date.now() / 1000) * 1000 + 2 * DAY;

/** A signature of zeros, because no one verifies it here. */
function rrsig(type: string, zone: string, ends: number): string {
  const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$|[-:T]/g, '');
  const times = `${time(ends)} ${time(ends - 14 * DAY)}`;
  return `RRSIG ${type} 13 2 1 ${times} 4711 ${zone}. ${Buffer.alloc(64).toString('base64')}`;
}

const ZONES = {
  ...defaultZones,
  'corp.test': { '*': ['A 192.0.2.253'] },
  'plain.test': { www: ['A 192.0.2.30'] },
  'signed.test': {
    '@': [rrsig('SOA', 'signed.test', ENDS + 20 * DAY)],
    soon: ['A 192.0.2.31', rrsig('A', 'signed.test', ENDS)],
    later: ['A 192.0.2.32', rrsig('A', 'signed.test', ENDS + 20 * DAY)],
    chain: ['CNAME www.example.test.', rrsig('CNAME', 'signed.test', ENDS)],
  },
};

describeE2e('beside the rounds, with real DNS servers', () => {
  let cluster: Cluster;
  let monitor: Program;
  let folder: string;
  let tlsPort: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tls-'));
    const { key, cert } = selfSigned();
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    writeFileSync(keyFile, key);
    writeFileSync(certFile, cert);
    tlsPort = await freePort();
    cluster = await startCluster({
      zones: ZONES,
      upstreamConfig: [
        `interface: 127.0.0.1@${tlsPort}`,
        `tls-port: ${tlsPort}`,
        `tls-service-key: "${keyFile}"`,
        `tls-service-pem: "${certFile}"`,
      ],
    });
    for (const name of ['soon', 'later', 'chain'])
      await cluster.kube.create(externalName(name, `${name}.signed.test`));
    await cluster.kube.create(externalName('unsigned', 'www.example.test'));
    const forward = `forward . tls://127.0.0.1:${tlsPort} {\n tls_servername localhost\n}`;
    await cluster.kube.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      data: { Corefile: `. {\n${forward}\n}\n` },
    });
    const args = [
      '--search-domains=corp.test,plain.test',
      '--dnssec-horizon=72h',
      `--reference-dns=tls://127.0.0.1:${tlsPort}#localhost,tls://127.0.0.1:1`,
      `--reference-ca=${certFile}`,
      '--reference-interval=1s',
      '--upstream-dns=auto',
    ];
    monitor = await startMonitor(cluster, args, { NODE_EXTRA_CA_CERTS: certFile });
  }, 120_000);

  afterAll(async () => {
    expect(await monitor?.stop()).toBe(0);
    await cluster?.stop();
    rmSync(folder, { recursive: true });
  });

  const values = async (name: string, label: string) =>
    Object.fromEntries(
      select(await monitor.samples(), name).map(({ labels, value }) => [labels[label], value]),
    );
  const api = async (path: string) => JSON.parse((await monitor.get(`/api/v1${path}`)).text);
  const soon = { deadlineMs: 60_000 };

  test('a search domain with a wildcard is found, and one without is not', async () => {
    const found = () => values('externalname_search_domain_wildcard', 'domain');
    await until('both', async () => Object.keys(await found()).length === 2, soon);
    expect(await found()).toEqual({ 'corp.test': 1, 'plain.test': 0 });
    const { searchPathWildcards } = await api('/summary');
    expect(searchPathWildcards).toMatchObject([
      { domain: 'corp.test', addresses: ['192.0.2.253'] },
    ]);
    expect(searchPathWildcards[0].name).toMatch(/\.default\.svc\.cluster\.local\.corp\.test$/);
    expect((await monitor.get('/')).text).toContain('answers for any name');
  });

  test('the end of a signature comes through unbound and CoreDNS', async () => {
    const name = 'externalname_target_signature_expiry_timestamp_seconds';
    await until('three', async () => Object.keys(await values(name, 'service')).length >= 3, soon);
    expect(await values(name, 'service')).toEqual({
      soon: ENDS / 1000,
      later: (ENDS + 20 * DAY) / 1000,
      chain: ENDS / 1000,
    });
    const { items } = await api('/findings?rule=signature_expires');
    expect(items.map(({ service }: { service: string }) => service).toSorted()).toEqual([
      'chain',
      'soon',
    ]);
    expect(items[0]).toMatchObject({
      level: 'warning',
      detail: expect.stringMatching(/^the signature by signed\.test ends on \d{4}-.* UTC$/),
    });
    expect((await api('/services/default/soon')).signature).toEqual({
      zone: 'signed.test',
      ends: new Date(ENDS).toISOString(),
    });
    expect(await api('/services/default/unsigned')).not.toHaveProperty('signature');
  });

  test('a reference is asked over TLS, and one that is not there is unreachable', async () => {
    const exchanges = async (server: string) =>
      select(await monitor.samples(), 'externalname_exchanges_total')
        .filter(({ labels }) => labels.server === `tls://${server}`)
        .map(({ labels }) => `${labels.transport} ${labels.outcome}`)
        .toSorted();
    const [good, bad] = [`127.0.0.1:${tlsPort}`, '127.0.0.1:1'];
    await until('both', async () => (await exchanges(good)).length > 1, soon);
    expect(await exchanges(good)).toEqual(['tls nodata', 'tls ok']);
    expect(await exchanges(bad)).toEqual(['tls unreachable']);
    const says = () => values('externalname_resolver_disagreement', 'service');
    await until('agreement', async () => Object.keys(await says()).length === 4, soon);
    expect(new Set(Object.values(await says()))).toEqual(new Set([0]));
  });

  test('a resolver of the Corefile is asked over TLS', async () => {
    const upstream = async () =>
      (await api('/servers')).items.filter(({ role }: { role: string }) => role === 'upstream');
    await until('its answer', async () => (await upstream())[0]?.answers === true, soon);
    expect(await upstream()).toMatchObject([{ server: `tls://127.0.0.1:${tlsPort}` }]);
  });
});
