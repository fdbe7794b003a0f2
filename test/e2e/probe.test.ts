import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseSamples, select } from '../fixtures/samples.ts';
import { asset } from '../lab/cluster/assets.ts';
import { describeE2e, externalName, until } from '../lab/cluster/index.ts';
import { monitored } from './monitor.ts';

const EXPECTED = {
  'default/fine': '1 healthy none',
  'default/broken': '0 target_failing target',
};

describeE2e('the API and a probe on demand, with a real CoreDNS', () => {
  const m = monitored(
    async ({ kube, upstream }) => {
      upstream.answer('SERVFAIL', { names: ['broken.test'] });
      await kube.create(externalName('fine', 'www.example.test'));
      await kube.create(externalName('broken', 'www.broken.test'));
    },
    // Rounds are so far apart that a probe can be distinguished from them.
    ['--interval=8s'],
  );

  beforeEach(() => m.verdicts(EXPECTED));
  afterEach(async () => {
    await m.cluster.mend();
    m.cluster.upstream.answer('SERVFAIL', { names: ['broken.test'] });
  });

  const probe = (service: string, more = '') =>
    m.monitor.get(`/probe?namespace=default&service=${service}${more}`);
  const api = async (path: string) => JSON.parse((await m.monitor.get(`/api/v1${path}`)).text);

  test('gives metrics that promtool has nothing to say about', async () => {
    const { text, status } = await probe('broken');
    expect(status).toBe(200);
    const samples = parseSamples(text);
    expect(select(samples, 'externalname_now_up')[0]?.value).toBe(0);
    expect(select(samples, 'externalname_now_verdict')[0]?.labels.verdict).toBe('target_failing');
    const options = { input: text, encoding: 'utf8' } as const;
    expect(execFileSync(asset('promtool'), ['check', 'metrics'], options)).toBe('');
  });

  test('shows what CoreDNS makes of a failing upstream, message by message', async () => {
    const { text } = await probe('broken', '&debug=true');
    expect(text).toMatch(/udp {2}A www\.broken\.test\. {2}\(rd, EDNS\)\n {5}SERVFAIL in/);
    expect(text).toMatch(/udp {2}A broken\.default\.svc\.cluster\.local\. {2}\(rd\)\n/);
    expect(text).toMatch(
      /answer +broken\.default\.svc\.cluster\.local\. .* CNAME {2}www\.broken\.test\./,
    );
    expect(text).toContain('verdict  target_failing');
    expect(text).toContain('The regular rounds say the same: target_failing (target)');
  });

  test('sees at once that CoreDNS refuses, and changes nothing of what the rounds say', async () => {
    m.cluster.dns.answer('REFUSED');
    const { text } = await probe('fine', '&debug=true');
    expect(text).toContain('verdict  cluster_dns_failing');
    expect(text).toMatch(/ {5}REFUSED in .* → {2}refused\n/);
    expect(text).toContain('The regular rounds say otherwise: healthy (none)');
    const rounds = async () => (await api('/services/default/fine')).rounds;
    // A regular round may end at any moment, but not during each of several probes.
    await until('a probe that is no round', async () => {
      const before = await rounds();
      await probe('fine');
      const { up, down } = await rounds();
      return up === before.up && down === before.down;
    });
    const headline = async () => (await api('/summary')).headline;
    await until('the headline', async () => (await headline()).affected === 2, {
      deadlineMs: 60_000,
    });
    const [host] = m.cluster.dns.address.split(':');
    expect((await headline()).text).toContain(`Cluster DNS at ${host}`);
    expect(await headline()).toMatchObject({ level: 'critical' });
    expect((await api('/servers')).items[0]).toMatchObject({ answers: false, role: 'cluster_dns' });
    await m.cluster.mend();
    m.cluster.upstream.answer('SERVFAIL', { names: ['broken.test'] });
    await m.verdicts(EXPECTED);
    const { history } = await api('/services/default/fine');
    expect(history.failures[0]).toMatchObject({ verdict: 'cluster_dns_failing' });
    expect(history.failures[0].until).toBeTypeOf('string');
  });

  test('knows who edited a Service, and what it was before', async () => {
    await m.cluster.kube.patch(externalName('fine'), { spec: { externalName: 'v4.example.test' } });
    const edits = async () => (await api('/services/default/fine')).history.edits;
    await until('the edit', async () => (await edits()).length === 1);
    const [edit] = await edits();
    expect(edit).toMatchObject({ from: 'www.example.test', to: 'v4.example.test' });
    // The field manager that the API server recorded.
    expect(edit.by).toMatch(/./);
  });

  test('asks nothing for a name that the caller gives', async () => {
    const { length } = m.cluster.dns.seen;
    for (const path of [
      '/probe?namespace=default&service=evil.example.test',
      '/probe?namespace=default&service=kubernetes',
      '/probe?namespace=default&service=fine&target=evil.example.test',
    ]) {
      expect([path, (await m.monitor.get(path)).status]).toEqual([
        path,
        path.includes('target') ? 400 : 404,
      ]);
    }
    const asked = m.cluster.dns.seen.slice(length).map(({ name }) => name);
    expect(
      asked.filter((name) => name.includes('evil') || name.includes('kubernetes.default.svc.c')),
    ).toEqual([]);
  });
});
