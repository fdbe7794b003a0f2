import { beforeAll, describe, expect, it } from 'vitest';
import { externalNameService } from '../../../src/demo/api/objects.ts';
import { ApiServer } from '../../../src/demo/api/server.ts';
import { api, check, dns, path, quick, said, withServers, write } from './_check.ts';

withServers();

describe('check of a cluster', () => {
  const cluster = (): string[] => [
    `--kubeconfig=${path('kubeconfig')}`,
    `--cluster-dns=${dns.address}`,
    '--cluster-domain=cluster.local',
    '--convergence-deadline=2s',
    '--output=json',
    ...quick,
  ];

  beforeAll(() => {
    const service = (name: string, target: string, namespace = 'shop'): void => {
      api.apply(externalNameService(namespace, name, target));
    };
    service('www', 'www.example.com');
    service('gone', 'gone.azurewebsites.net');
    service('literal', '192.0.2.7');
    service('unknown', 'www.example.com');
    service('stale', 'www.example.com');
    service('www', 'www.example.com', 'other');
    dns.pin('shop', 'unknown', undefined);
    dns.pin('shop', 'stale', { type: 'ExternalName', externalName: 'v6.example.com' });
  });

  it('says of all Services what the monitor would say', async () => {
    const ran = await check(['--all', ...cluster()]);
    expect(ran.stderr).toBe('');
    expect(said(ran)).toEqual({
      'shop/www': 'healthy none',
      'shop/gone': 'target_nxdomain target dangling_claimable',
      'shop/literal': 'invalid_target config ip_literal_target',
      'shop/unknown': 'alias_missing cluster_dns',
      'shop/stale': 'alias_mismatch cluster_dns',
      'other/www': 'healthy none',
    });
    expect(ran.status).toBe(1);
  });

  it('looks at those that are named, and at nothing else', async () => {
    const before = dns.queriesFor('gone.shop.svc.cluster.local').length;
    const ran = await check(['shop/www', 'other/www', ...cluster()]);
    expect(said(ran)).toEqual({ 'shop/www': 'healthy none', 'other/www': 'healthy none' });
    expect(ran.status).toBe(0);
    expect(dns.queriesFor('gone.shop.svc.cluster.local')).toHaveLength(before);
  });

  it('lists the chosen namespaces only', async () => {
    expect(said(await check(['--all', '--namespaces=other', ...cluster()]))).toEqual({
      'other/www': 'healthy none',
    });
  });

  it('asks for A and AAAA of what was just created as soon as cluster DNS knows it, and no sooner', async () => {
    api.apply(externalNameService('fresh', 'www', 'www.example.com'));
    const unpin = dns.pin('fresh', 'www', undefined);
    const alias = 'www.fresh.svc.cluster.local';
    const args = cluster().filter((arg) => !arg.startsWith('--convergence'));
    const ran = check(['fresh/www', ...args, '--convergence-deadline=10m']);
    await expect
      .poll(() => dns.queriesFor(alias, 'CNAME').length, { timeout: 20_000 })
      .toBeGreaterThan(1);
    expect(dns.queriesFor(alias, 'A')).toEqual([]);
    unpin();
    expect(said(await ran)).toEqual({ 'fresh/www': 'healthy none' });
  });

  it('does not take silence for an answer', async () => {
    const end = dns.tamper(() => []);
    const ran = await check(['shop/www', ...cluster()]);
    end();
    expect(said(ran)).toEqual({ 'shop/www': 'cluster_dns_failing cluster_dns' });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toBe(
      `externalname-monitor: No answer from ${dns.address}: if this machine is not in the cluster, this does not prove a fault of cluster DNS\n`,
    );
  });

  it('says so where it asks for the wrong cluster domain, with status 2', async () => {
    const args = cluster().filter((arg) => !arg.startsWith('--cluster-domain'));
    const ran = await check(['shop/www', ...args, '--cluster-domain=corp.local']);
    expect(said(ran)).toEqual({ 'shop/www': 'unknown monitor' });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('does not know kubernetes.default.svc.corp.local');
  });

  it('says which Services are not there, with status 2', async () => {
    const { status, stderr } = await check(['shop/www', 'backend/catalog', 'shop/w', ...cluster()]);
    expect(status).toBe(2);
    expect(stderr).toBe(
      'externalname-monitor: Cannot check: no such Service of type ExternalName, got "backend/catalog", "shop/w"\n',
    );
  });

  it('says so where the API server is away, with status 2', async () => {
    const away = new ApiServer();
    await away.start();
    const file = await write('away', away.kubeconfig());
    await away.stop();
    const { status, stderr } = await check(['--all', ...cluster(), `--kubeconfig=${file}`]);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^externalname-monitor: Cannot list services: [^\n]*ECONNREFUSED[^\n]*\n$/,
    );
  });
});
