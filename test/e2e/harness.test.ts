import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { execPath } from 'node:process';
import type { RecordType } from 'dns-packet';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type AskOptions,
  ask,
  type Cluster,
  Daemon,
  describeE2e,
  externalName,
  type Reply,
  startCluster,
  until,
} from '../lab/cluster/index.ts';

const control = 'kubernetes.default.svc.cluster.local';
let cluster: Cluster;
let aliases = 0;

/** A query like a pod's: through the interceptor in front of CoreDNS. */
function dig(name: string, type: RecordType = 'A', options?: AskOptions): Promise<Reply> {
  return ask(cluster.dns.address, name, type, options);
}

/** Creates an ExternalName Service and waits until cluster DNS serves it; returns the alias. */
async function alias(target: string): Promise<string> {
  const service = externalName(`alias-${++aliases}`, target);
  await cluster.kube.create(service);
  const name = `${service.metadata.name}.default.svc.cluster.local`;
  // TXT, because its answer does not depend on the target.
  await until(`${name} known`, async () => (await dig(name, 'TXT')).rcode === 'NOERROR');
  return name;
}

/** Whether queries for the name get no reply for a while. */
async function isSilent(name: string): Promise<boolean> {
  const reply = dig(name, 'A', { timeoutMs: 300 });
  return reply.then(
    () => false,
    (error) => /no reply within/.test(error.message),
  );
}

describeE2e('a real cluster', () => {
  beforeAll(async () => {
    cluster = await startCluster({ servers: 2 });
  });
  afterEach(() => cluster.mend());
  afterAll(() => cluster?.stop());

  describe('cluster DNS answers for', () => {
    test('its own Service: the control query', async () => {
      const { spec } = await cluster.kube.get({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'kubernetes', namespace: 'default' },
      });
      const { clusterIP } = spec as { clusterIP: string };
      expect((await dig(control)).answers).toEqual([`${control} A ${clusterIP}`]);
    });

    test('an alias: the CNAME of its spec, then what the target gives', async () => {
      const name = await alias('www.example.test');
      const cname = `${name} CNAME www.example.test`;
      expect((await dig(name, 'CNAME')).answers).toEqual([cname]);
      expect((await dig(name, 'A')).answers).toEqual([cname, 'www.example.test A 192.0.2.10']);
      const { answers, message } = await dig(name, 'AAAA');
      expect(answers).toEqual([cname, 'www.example.test AAAA 2001:db8::10']);
      expect(message).toMatchObject({ flag_aa: true, flag_ad: false });
    });

    test('a target that does not exist: the bare CNAME, without error or SOA', async () => {
      const name = await alias('gone.example.test');
      for (const type of ['A', 'AAAA', 'CNAME'] as const) {
        const { rcode, answers, authorities } = await dig(name, type);
        expect({ rcode, answers, authorities }).toEqual({
          rcode: 'NOERROR',
          answers: [`${name} CNAME gone.example.test`],
          authorities: [],
        });
      }
      expect((await dig('gone.example.test')).rcode).toBe('NXDOMAIN');
    });

    test.each(['SERVFAIL', 'REFUSED', 'NOTIMP'] as const)(
      'a target whose authority answers %s: the bare CNAME',
      async (rcode) => {
        cluster.authority.answer(rcode, { names: ['failing.test'] });
        const target = `${rcode.toLowerCase()}.failing.test`;
        const name = await alias(target);
        for (const type of ['A', 'CNAME'] as const) {
          const answers = [`${name} CNAME ${target}`];
          expect(await dig(name, type)).toMatchObject({ rcode: 'NOERROR', answers });
        }
        expect((await dig(target)).rcode).toBe('SERVFAIL');
      },
    );

    test('a target without an address: the bare CNAME; at the target NODATA', async () => {
      const name = await alias('no-address.example.test');
      const { rcode, answers, authorities } = await dig(name);
      expect({ rcode, answers, authorities }).toEqual({
        rcode: 'NOERROR',
        answers: [`${name} CNAME no-address.example.test`],
        authorities: [],
      });
      const target = await dig('no-address.example.test');
      expect(target).toMatchObject({ rcode: 'NOERROR', answers: [], authorities: ['SOA'] });
    });

    test('a chain that ends in a missing name: as far as it goes', async () => {
      const name = await alias('dangling.example.test');
      const rest = 'dangling.example.test CNAME gone.other.test';
      const answers = [`${name} CNAME dangling.example.test`, rest];
      expect(await dig(name)).toMatchObject({ rcode: 'NOERROR', answers });
      expect(await dig('dangling.example.test')).toMatchObject({
        rcode: 'NXDOMAIN',
        answers: [rest],
      });
    });

    test('an IPv4 literal: NXDOMAIN; with a trailing dot, its CNAME', async () => {
      await cluster.kube.create(externalName('literal', '192.0.2.1'));
      const dotted = await alias('192.0.2.1.');
      const literal = 'literal.default.svc.cluster.local';
      for (const type of ['A', 'CNAME'] as const) {
        const { rcode, authorities } = await dig(literal, type);
        expect({ rcode, authorities }).toEqual({ rcode: 'NXDOMAIN', authorities: ['SOA'] });
      }
      const answers = [`${dotted} CNAME 192.0.2.1`];
      expect(await dig(dotted)).toMatchObject({ rcode: 'NOERROR', answers });
      expect(await dig(dotted, 'CNAME')).toMatchObject({ rcode: 'NOERROR', answers });
    });

    test('a missing Service or namespace: NXDOMAIN with SOA', async () => {
      for (const name of [`none.default.svc.cluster.local`, `none.none.svc.cluster.local`]) {
        const { rcode, authorities } = await dig(name);
        expect({ rcode, authorities }).toEqual({ rcode: 'NXDOMAIN', authorities: ['SOA'] });
      }
    });

    test('an in-cluster target: its address, or NODATA without the CNAME', async () => {
      const good = await alias(control);
      expect((await dig(good)).answers).toHaveLength(2);
      // The target exists, but has no address of this family.
      expect(await dig(good, 'AAAA')).toMatchObject(nodata);
      const bad = await alias('none.none.svc.cluster.local');
      expect(await dig(bad)).toMatchObject(nodata);
      const answers = [`${bad} CNAME none.none.svc.cluster.local`];
      expect(await dig(bad, 'CNAME')).toMatchObject({ rcode: 'NOERROR', answers });
    });

    test('an alias of itself, or of a name below it: NODATA, and its CNAME', async () => {
      const own = await alias(`alias-${aliases + 1}.default.svc.cluster.local`);
      const below = await alias(`x.alias-${aliases + 1}.default.svc.cluster.local`);
      for (const name of [own, below]) {
        expect(await dig(name)).toMatchObject(nodata);
        expect((await dig(name, 'CNAME')).answers).toHaveLength(1);
      }
    });

    test('eleven aliases in a row: the address; twelve: NODATA', async () => {
      let name = 'www.example.test';
      for (let length = 1; length <= 11; length++) name = await alias(name);
      expect((await dig(name)).answers).toHaveLength(12);
      const tooLong = await alias(name);
      expect(await dig(tooLong)).toMatchObject(nodata);
      expect((await dig(tooLong, 'CNAME')).answers).toHaveLength(1);
    });

    test('other questions about an alias: NODATA', async () => {
      const name = await alias('www.example.test');
      for (const type of ['SRV', 'TXT', 'MX'] as const) {
        expect(await dig(name, type)).toMatchObject(nodata);
      }
    });

    test('more than fits: truncated by UDP, whole by TCP and with EDNS', async () => {
      const name = await alias('many.example.test');
      const { message } = await dig(name);
      expect(message.flag_tc).toBe(true);
      expect((await dig(name, 'A', { transport: 'tcp' })).answers).toHaveLength(61);
      expect((await dig(name, 'A', { edns: true })).answers).toHaveLength(61);
    });

    test('a label over 63 bytes, which the API server accepts: nothing, not even its CNAME', async () => {
      await cluster.kube.create(externalName('unpackable', `${'a'.repeat(64)}.example.test`));
      const name = 'unpackable.default.svc.cluster.local';
      await until('silence', () => isSilent(name));
      const cname = dig(name, 'CNAME', { timeoutMs: 300 });
      await expect(cname).rejects.toThrow(/no reply within 300 ms/);
    });

    test('nothing it knows before its first sync: SERVFAIL', async () => {
      await cluster.dns.stop(0);
      cluster.dns.apiLink.cutOff();
      await cluster.dns.start({ synced: false });
      expect((await dig(control)).rcode).toBe('SERVFAIL');
      expect((await dig('www.example.test')).rcode).toBe('NOERROR');
    });
  });

  test.each(['UPPER.example.test', 'under_score.example.test', '2001:db8::1'])(
    'the API server refuses the target %s',
    async (target) => {
      const creating = cluster.kube.create(externalName('refused', target));
      await expect(creating).rejects.toMatchObject({ name: 'KubeError', status: 422 });
    },
  );

  describe('a test breaks and mends', () => {
    test('cluster DNS: stopped, frozen, cut off', async () => {
      const { dns } = cluster;
      await dns.stop();
      await expect(dig(control)).rejects.toThrow(/ECONNREFUSED/);
      await expect(dig(control, 'A', { transport: 'tcp' })).rejects.toThrow(/ECONNREFUSED/);
      await dns.start();
      expect((await dig(control)).rcode).toBe('NOERROR');
      await dns.pause();
      expect(await isSilent(control)).toBe(true);
      dns.resume();
      expect((await dig(control)).rcode).toBe('NOERROR');
      const takeAway = dns.cutOff({ transport: 'udp' });
      expect(await isSilent(control)).toBe(true);
      expect((await dig(control, 'A', { transport: 'tcp' })).rcode).toBe('NOERROR');
      takeAway();
      expect((await dig(control)).rcode).toBe('NOERROR');
    });

    test('its messages: lost by chance, held back, answered, truncated, rewritten', async () => {
      const { dns } = cluster;
      dns.lossy(0.5);
      await until('a query lost', () => isSilent(control));
      await until('a query answered', async () => !(await isSilent(control)));
      dns.restore();
      dns.slow(200, { types: ['A'] });
      const asked = performance.now();
      await dig(control);
      expect(performance.now() - asked).toBeGreaterThanOrEqual(199);
      dns.restore();
      dns.answer('REFUSED', { names: ['svc.cluster.local'] });
      expect(await dig(control)).toMatchObject({ rcode: 'REFUSED', answers: [] });
      expect((await dig('www.example.test')).rcode).toBe('NOERROR');
      dns.restore();
      dns.truncate();
      const { answers, message } = await dig(control);
      expect({ answers, tc: message.flag_tc }).toEqual({ answers: [], tc: true });
      dns.restore();
      dns.inject({
        rewrite: (reply) => ({
          ...reply,
          answers: [{ type: 'A', name: control.toUpperCase(), ttl: 5, data: '203.0.113.1' }],
        }),
      });
      expect((await dig(control)).answers).toEqual([`${control.toUpperCase()} A 203.0.113.1`]);
    });

    test('one of two CoreDNS servers, cut off from the API server: it alone goes stale', async () => {
      const [stale, fresh] = cluster.servers;
      const name = await alias('www.example.test');
      const cnameAt = async (server = fresh) =>
        (await ask(server?.address ?? '', name, 'CNAME')).answers;
      await until('both served', async () => (await cnameAt()).length === 1);
      stale?.apiLink.cutOff();
      const service = externalName(name.slice(0, name.indexOf('.')));
      await cluster.kube.patch(service, { spec: { externalName: 'db.other.test' } });
      await until('the edit', async () => (await cnameAt())[0] === `${name} CNAME db.other.test`);
      expect(await cnameAt(stale)).toEqual([`${name} CNAME www.example.test`]);
      await stale?.apiLink.restore();
      await until('the edit', async () => (await cnameAt(stale))[0]?.endsWith('db.other.test'));
    });

    test('the upstream: stopped, the alias is bare; started, whole', async () => {
      const name = await alias('www.example.test');
      await cluster.upstream.stop();
      await until('a bare CNAME', async () => (await dig(name)).answers.length === 1);
      expect((await dig('www.example.test')).rcode).toBe('SERVFAIL');
      await cluster.upstream.start();
      await until('the address', async () => (await dig(name)).answers.length === 2);
    });

    test('the authority: stopped, started, its records edited', async () => {
      const name = await alias('moving.example.test');
      await cluster.authority.set('moving.example.test', 'A 203.0.113.1');
      const address = async () => (await dig(name)).answers[1];
      await until('the record', async () => (await address())?.endsWith('203.0.113.1'));
      await cluster.authority.set('moving.example.test', 'A 203.0.113.2');
      await until('the edit', async () => (await address())?.endsWith('203.0.113.2'));
      await cluster.authority.stop();
      await until('a bare CNAME', async () => (await address()) === undefined);
      await cluster.authority.start();
      await until('the record', async () => (await address())?.endsWith('203.0.113.2'));
    });

    test('the API server: cluster DNS goes on, and the data outlive it', async () => {
      const name = await alias('www.example.test');
      await cluster.api.stop();
      const getting = cluster.kube.get(externalName('alias-1'));
      await expect(getting).rejects.toThrow(/ECONNREFUSED|hang up|ECONNRESET/);
      expect((await dig(name)).answers).toHaveLength(2);
      await cluster.api.start();
      const { spec } = await cluster.kube.get(externalName(name.slice(0, name.indexOf('.'))));
      expect(spec).toMatchObject({ externalName: 'www.example.test' });
    });

    test('one client’s way to the API server: half-open, refused, mended', async () => {
      const client = await cluster.api.client({ link: cluster.apiLink });
      const service = externalName('kubernetes');
      await client.get(service);
      cluster.apiLink.cutOff();
      const waiting = client.get(service);
      await cluster.kube.get(service);
      expect(await Promise.race([waiting, 'no reply yet'])).toBe('no reply yet');
      await cluster.apiLink.restore();
      expect(await waiting).toMatchObject({ kind: 'Service' });
      await cluster.apiLink.refuse();
      await expect(client.get(service)).rejects.toThrow(/ECONNREFUSED|hang up|ECONNRESET/);
      await cluster.apiLink.restore();
      await client.get(service);
      client.close();
    });
  });

  test('a CoreDNS takes another Corefile', async () => {
    const noIpv6 = ['template IN AAAA . {', '    rcode NXDOMAIN', '}'];
    await cluster.dns.reconfigure({ plugins: noIpv6 });
    expect((await dig('www.example.test', 'AAAA')).rcode).toBe('NXDOMAIN');
    expect((await dig('www.example.test', 'A')).rcode).toBe('NOERROR');
    await cluster.dns.reconfigure({});
    expect((await dig('www.example.test', 'AAAA')).rcode).toBe('NOERROR');
  });

  test('a part tells what it was asked', async () => {
    await dig('seen.example.test', 'AAAA', { edns: true });
    expect(cluster.dns.seen.at(-1)).toMatchObject({
      name: 'seen.example.test',
      type: 'AAAA',
      transport: 'udp',
      edns: true,
    });
  });

  test('a ServiceAccount has no rights but those that are bound to it', async () => {
    const metadata = { name: 'nobody', namespace: 'default' };
    await cluster.kube.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    const client = await cluster.api.client({ token: await cluster.kube.token('nobody') });
    await expect(client.get(externalName('kubernetes'))).rejects.toMatchObject({ status: 403 });
    client.close();
  });

  test('a server that does not start says why', async () => {
    const script = 'console.error("no such option"); process.exit(3)';
    const args = ['-e', script];
    const daemon = new Daemon({
      name: 'broken',
      command: execPath,
      args,
      ready: async () => false,
    });
    await expect(daemon.start()).rejects.toThrow(
      'Cannot start broken: it exited with 3, got:\nno such option',
    );
  });

  test('no server outlives tests that were killed', async () => {
    const script = `
      import { Daemon } from ${JSON.stringify(new URL('../lab/cluster/daemon.ts', import.meta.url).href)};
      const args = ['-e', 'setInterval(() => {}, 1000)'];
      const daemon = new Daemon({ name: 'orphan', command: process.execPath, args, ready: async () => true });
      await daemon.start();
      console.log(daemon.pid);
    `;
    const tests = spawn(execPath, ['--input-type=module', '-e', script]);
    const [chunk] = await once(tests.stdout, 'data');
    const command = () => readFile(`/proc/${String(chunk).trim()}/cmdline`, 'utf8').catch(() => '');
    expect(await command()).toContain('setInterval');
    tests.kill('SIGKILL');
    await until('the server gone', async () => (await command()) === '');
  });
});

const nodata = { rcode: 'NOERROR', answers: [], authorities: ['SOA'] };
