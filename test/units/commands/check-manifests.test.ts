import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import {
  check,
  dns,
  folder,
  manifest,
  path,
  quick,
  SILENT,
  said,
  withServers,
  write,
} from './_check.ts';

withServers();

const asking = (): string[] => [`--dns=${dns.address}`, ...quick];

describe('check -f', () => {
  it('gives the documented findings on a folder of good and bad manifests', async () => {
    await write('all/good/www.yaml', manifest('www', 'www.example.com'));
    await write('all/good/deployment.yaml', 'apiVersion: apps/v1\nkind: Deployment\n');
    await write('all/good/values.yml', 'replicas: 3\n');
    await write('all/good/list.json', JSON.stringify({ kind: 'List', items: [] }));
    await write('all/good/.hidden/bad.yaml', manifest('hidden', '10.0.0.1'));
    await write('all/good/notes.txt', manifest('text', '10.0.0.1'));
    await write(
      'all/bad.yaml',
      [
        manifest('literal', '192.0.2.7'),
        manifest('too-long', `${'x'.repeat(64)}.example.com`),
        manifest('loop-a', 'loop-b.shop.svc.cluster.local'),
        manifest('loop-b', 'loop-a.shop.svc.cluster.local'),
        manifest('short', 'catalog.backend'),
        manifest('single', 'redis'),
        manifest('elsewhere', 'catalog.backend.svc.cluster.local'),
        manifest('next-door', 'www.shop.svc.cluster.local'),
        manifest('metadata', 'metadata.example.com'),
        manifest('claimable', 'gone.azurewebsites.net'),
        manifest('lapsed', 'api.lapsed.com'),
        manifest('gone', 'gone.example.com'),
        manifest('empty', 'empty.example.com'),
        manifest('broken', 'broken.example.com'),
        manifest('v6', 'v6.example.com'),
        'unfinished: [\n',
      ].join(''),
    );
    const ran = await check(['-f', path('all'), '--output=json', ...asking()]);
    expect(said(ran)).toEqual({
      'shop/www': 'healthy none',
      'shop/literal': 'invalid_target config ip_literal_target',
      'shop/too-long': 'invalid_target config name_not_encodable',
      'shop/loop-a': 'invalid_target config loop',
      'shop/loop-b': 'invalid_target config loop',
      'shop/short': 'invalid_target config unqualified_target',
      'shop/single': 'target_nxdomain target unqualified_target',
      'shop/elsewhere': 'healthy none in_cluster_target',
      'shop/next-door': 'healthy none',
      'shop/metadata': 'healthy none metadata_answer',
      'shop/claimable': 'target_nxdomain target dangling_claimable',
      'shop/lapsed': 'target_nxdomain target dangling_unregistered',
      'shop/gone': 'target_nxdomain target',
      'shop/empty': 'target_no_address target',
      'shop/broken': 'target_failing target',
      'shop/v6': 'healthy none',
    });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toBe('');
    // There is no such name, and the question would only trouble the root servers.
    expect(dns.queriesFor('192.0.2.7')).toEqual([]);
    expect(JSON.parse(ran.stdout).unusable).toEqual([
      { file: path('all/bad.yaml'), line: 76, message: expect.stringMatching(/^Cannot read a/) },
    ]);
  });

  it('leaves with 0 where there is nothing to complain of, and asks nothing twice', async () => {
    const file = await write('good.yaml', manifest('alias', 'alias.example.com'));
    const before = dns.queriesFor('alias.example.com').length;
    const ran = await check(['-f', file, ...asking()]);
    expect(ran).toEqual({
      status: 0,
      stdout: expect.stringMatching(
        /^SERVICE +TARGET +VERDICT[^\n]*\nshop\/alias +alias\.example\.com +healthy +none +- +\S+good\.yaml:1\n\n1 ExternalName Service, 0 problems\n$/,
      ),
      stderr: '',
    });
    expect(dns.queriesFor('alias.example.com').length - before).toBe(2);
  });

  it('reads several files, and standard input, as kustomize writes to it', async () => {
    const file = await write('one.yaml', manifest('one', 'www.example.com'));
    const other = await write('two.yaml', manifest('two', 'www.example.com'));
    const stream = manifest('three', 'gone.example.com', '').replace(', namespace: ', '');
    const ran = await check(
      ['-f', file, '-f', '-', other, '--default-namespace=prod', '--output=json', ...asking()],
      stream,
    );
    expect(said(ran)).toEqual({
      'shop/one': 'healthy none',
      'shop/two': 'healthy none',
      'prod/three': 'target_nxdomain target',
    });
    expect(JSON.parse(ran.stdout).services[0]).toMatchObject({ file: 'stdin', line: 1 });
  });

  it('looks at each of several Services of one name, as overlays have them', async () => {
    const base = manifest('db', 'www.example.com');
    const file = await write('overlays.yaml', base + manifest('db', 'gone.example.com'));
    const ran = await check(['-f', file, '--output=json', ...asking()]);
    const { services } = JSON.parse(ran.stdout);
    expect(services.map((one: { verdict: string }) => one.verdict)).toEqual([
      'target_nxdomain',
      'healthy',
    ]);
  });

  it('heeds the policy of --config', async () => {
    const config = await write(
      'policy.yaml',
      'fail-on: critical\ncluster-dns: 192.0.2.53\npolicy:\n  allowed-suffixes: [example.com]\n  denied-cidrs: [203.0.113.0/24]\n',
    );
    const file = await write(
      'policed.yaml',
      manifest('outside', 'outside.example.com') + manifest('other', 'gone.example.net'),
    );
    const args = ['-f', file, `--config=${config}`, '--output=json', ...asking()];
    const ran = await check(args);
    expect(said(ran)).toEqual({
      'shop/outside': 'untrusted_answer policy address_not_allowed',
      'shop/other': 'target_nxdomain target target_not_allowed',
    });
    const { status } = await check([...args, '--exclude-namespaces=shop']);
    expect([ran.status, status]).toEqual([1, 0]);
  });

  it('fails from the level on that it is told', async () => {
    const file = await write('warning.yaml', manifest('in', 'catalog.backend.svc.cluster.local'));
    const status = async (level: string) =>
      (await check(['-f', file, `--fail-on=${level}`, ...asking()])).status;
    expect(await Promise.all(['info', 'warning', 'critical'].map(status))).toEqual([1, 1, 0]);
  });

  it('reports mistakes in names, with the name that was meant, and names that shadow others', async () => {
    const filled = manifest('filled', 'placeholder').replace(
      'namespace: shop',
      'namespace: shop, annotations: {tailscale.com/tailnet-fqdn: db.example.ts.net}',
    );
    const annotated = manifest('annotated', 'www.example.com').replace(
      'namespace: shop',
      'namespace: shop, annotations: {externalname-monitor/intervall: 5s}',
    );
    const text = [
      manifest('domain', 'catalog.backend.svc.k8s.corp'),
      manifest('half', 'catalog.backend.cluster.local'),
      manifest('number', '10.0.0.256'),
      manifest('itself', 'itself'),
      manifest('yahoo', 'www.example.com', 'com'),
      filled,
      annotated,
    ].join('');
    const ran = await check(['-f', '-', '--output=json', ...asking()], text);
    expect(said(ran)).toEqual({
      'shop/domain': 'invalid_target config wrong_cluster_domain',
      'shop/half': 'invalid_target config incomplete_cluster_name',
      'shop/number': 'invalid_target config ip_like_target',
      'shop/itself': 'target_nxdomain target unqualified_target',
      'com/yahoo': 'healthy none shadows_public_name',
      'shop/filled': 'unresolved',
      'shop/annotated': 'healthy none unknown_annotation',
    });
    const { services } = JSON.parse(ran.stdout);
    const details = services.flatMap((one: { findings: { detail?: string }[] }) =>
      one.findings.flatMap(({ detail }) => detail ?? []),
    );
    expect(
      details.filter((one: string) => one === 'catalog.backend.svc.cluster.local'),
    ).toHaveLength(2);
    expect(details.filter((one: string) => one.startsWith('itself'))).toEqual([]);
    const problems = services.filter(({ problem }: { problem: boolean }) => problem);
    expect(problems.map(({ service }: { service: string }) => service)).not.toContain('filled');
  });

  it('does not hold names of the cluster against a manifest where nobody knows them', async () => {
    const outside = new DnsServer({ zone: 'elsewhere.local' });
    await outside.start();
    const file = await write(
      'zone.yaml',
      `${manifest('away', 'catalog.backend.svc.cluster.local', 'backend')}${manifest('near', 'own.shop.svc.cluster.local')}apiVersion: v1
kind: Service
metadata: {name: own, namespace: shop}
spec: {ports: [{port: 80}]}
`,
    );
    const ran = await check(['-f', file, `--dns=${outside.address}`, '--output=json', ...quick]);
    await outside.stop();
    expect(said(ran)).toEqual({ 'backend/away': 'unresolved', 'shop/near': 'unresolved' });
    const why = JSON.parse(ran.stdout).services.map(
      (one: { unresolved: string }) => one.unresolved,
    );
    expect(why).toEqual([
      'the target is in the cluster, and these DNS servers do not know its names',
      'the target is another Service of these manifests',
    ]);
    expect(ran.status).toBe(0);
    expect(outside.queriesFor('catalog.backend.svc.cluster.local')).toEqual([]);
  });

  it('asks nobody with --dns=none, and says what the specs tell', async () => {
    const text = manifest('www', 'www.example.com') + manifest('literal', '192.0.2.7');
    const before = dns.queryCount;
    const ran = await check(['-f', '-', '--dns=none', '--output=json'], text);
    expect(said(ran)).toEqual({
      'shop/www': 'unresolved',
      'shop/literal': 'invalid_target config ip_literal_target',
    });
    expect(dns.queryCount).toBe(before);
  });

  it('tells one target that hangs from DNS that does not answer', async () => {
    const text = manifest('hanging', 'hanging.example.com');
    dns.internet.set('hanging.example.com', { delayMs: SILENT });
    const end = dns.tamper(() => [], { name: 'hanging.example.com' });
    const impatient = [`--dns=${dns.address}`, '--timeout=300ms', '--attempts=1'];
    const ran = await check(['-f', '-', '--output=json', ...impatient], text);
    end();
    expect(said(ran)).toEqual({ 'shop/hanging': 'target_failing target' });
    const silenced = dns.tamper(() => []);
    const none = await check(['-f', '-', ...impatient], text);
    silenced();
    expect(none).toEqual({
      status: 2,
      stdout: '',
      stderr: `externalname-monitor: Cannot resolve the targets: no DNS server answers (timeout); set --dns=<address>, or --dns=none to check the specs only, got ${dns.address}\n`,
    });
  });

  it('does not take a folder without manifests for one without problems', async () => {
    await write('empty/readme.txt', 'nothing here');
    const { status, stderr } = await check(['-f', path('empty'), ...asking()]);
    expect(status).toBe(2);
    expect(stderr).toBe(
      `externalname-monitor: Cannot read manifests: the folder has no .yaml, .yml or .json file, got "${path('empty')}"\n`,
    );
  });

  it('leaves out what an annotation disables', async () => {
    const text = manifest('off', '192.0.2.7').replace(
      'namespace: shop',
      'namespace: shop, annotations: {externalname-monitor/enabled: "false"}',
    );
    const ran = await check(['-f', '-', ...asking()], text);
    expect(ran.stdout).toBe('0 ExternalName Services, 0 problems, 1 disabled by annotation\n');
    expect(ran.status).toBe(0);
  });

  it.each([
    ['a file that is not there', ['-f', '/no/such'], 'Cannot read manifests: ENOENT'],
    ['nothing', [], 'Cannot check: name Services as <namespace>/<service>, or give --all or -f'],
    [
      'both',
      ['-f', '-', '--all'],
      'Cannot use --all with -f: --all checks a cluster, -f checks manifests',
    ],
    [
      'names beside --all',
      ['--all', 'a/b'],
      'Cannot use --all with the name of a Service, got "a/b"',
    ],
    ['a selector', ['-f', '-', '--selector=a'], 'Cannot use --selector: it is for a cluster'],
    ['--dns for a cluster', ['--all', '--dns=::1'], 'Cannot use --dns: it is for manifests'],
    ['half a name', ['shop'], 'Cannot use a word after check: it must be the namespace and name'],
    ['a bad kubeconfig', ['--all', '--kubeconfig=/no'], 'Cannot read the kubeconfig: '],
  ])('answers %s with one line and status 2', async (_what, args, message) => {
    const { status, stdout, stderr } = await check(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^externalname-monitor: Cannot [^\n]*\n$/);
    expect(stderr).toContain(message);
  });
});

describe('docs/check.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/check.md'), 'utf8');
  const blockAfter = (heading: string, kind: string): string =>
    page.slice(page.indexOf(heading)).split(`\n\`\`\`${kind}\n`)[1]?.split('```')[0] ?? '';

  it('shows what the program says of its example', async () => {
    dns.internet.set('feed.bank.example.com', { a: ['192.0.2.1', '192.0.2.2'] });
    await write('services.yaml', blockAfter('## Manifests', 'yaml'));
    const before = process.cwd();
    process.chdir(folder);
    const ran = await check(['-f', 'services.yaml', ...asking()]).finally(() =>
      process.chdir(before),
    );
    expect(ran.stdout).toBe(blockAfter('## Manifests', 'text'));
    expect(ran.status).toBe(1);
  });

  it('has every field of the JSON output', async () => {
    const text = manifest('www', 'www.example.com') + manifest('literal', '10.0.0.1');
    const ran = await check(['-f', '-', '--output=json', ...asking()], text);
    const { summary, services, unusable: _none, ...more } = JSON.parse(ran.stdout);
    const fields = [summary, ...services, ...services.flatMap((one: Row) => one.findings)];
    for (const field of new Set(fields.flatMap(Object.keys))) expect(page).toContain(`\`${field}`);
    expect(more).toEqual({});
  });
});

interface Row {
  readonly findings: readonly object[];
}
