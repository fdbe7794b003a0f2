/**
 * The resolvers behind a real CoreDNS, found in the Corefile on a real API server, and queried
 * directly.
 */
import { expect, test } from 'vitest';
import { select } from '../fixtures/samples.ts';
import {
  corefiles,
  defaultZones,
  describeE2e,
  externalName,
  type Kube,
  until,
} from '../lab/cluster/index.ts';
import { monitored } from './monitor.ts';

/** A zone that is signed according to its trust anchor, but has no key. */
const VALIDATING = [
  'module-config: "validator iterator"',
  `trust-anchor: "bogus.test. DS 12345 8 2 ${'0'.repeat(64)}"`,
  'ede: yes',
];
const HEALTHY = '1 healthy none';

async function writeCorefile(kube: Kube, forward: string): Promise<void> {
  await kube.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace: 'kube-system' },
    data: {
      Corefile: `.:53 {\n  errors\n  kubernetes cluster.local\n  ${forward} {\n    policy sequential\n  }\n  cache 30\n}\n`,
    },
  });
}

describeE2e('two resolvers behind CoreDNS, of which one validates', () => {
  let [validating, other] = ['', ''];
  const m = monitored(
    async ({ kube, upstreams }) => {
      [validating = '', other = ''] = upstreams.map(({ address }) => address);
      await writeCorefile(kube, `forward . ${validating} ${other}`);
      await kube.create(externalName('bogus', 'www.bogus.test'));
      await kube.create(externalName('fine', 'www.example.test'));
      await kube.create(externalName('own', 'db.other.test'));
    },
    ['--upstream-dns=auto'],
    {
      upstreams: 2,
      zones: { ...defaultZones, 'bogus.test': { www: ['A 192.0.2.1'] } },
      firstUpstreamConfig: VALIDATING,
      coredns: corefiles.firstUpstreamFirst,
    },
  );

  const detail = async (service: string) =>
    JSON.parse((await m.monitor.get(`/api/v1/services/default/${service}`)).text);
  /** Waits for a blame, and returns its evidence. */
  const evidence = async (service: string, blame: string, part: string): Promise<string> => {
    let seen: unknown;
    const isThere = async () => {
      const { verdict, blame: is, evidence: text = '' } = await detail(service);
      seen = { verdict, blame: is, text };
      return is === blame && text.includes(part) && text;
    };
    return until(`the evidence for ${blame}`, isThere, { deadlineMs: 40_000 }).catch(() => {
      expect(seen).toEqual({ blame, part });
      return '';
    });
  };

  test('the reason that the cache of CoreDNS drops is the evidence (B14)', async () => {
    await m.verdicts({
      'default/bogus': '0 target_failing target',
      'default/fine': HEALTHY,
      'default/own': HEALTHY,
    });
    const text = await evidence('bogus', 'target', 'DNSSEC');
    expect(text).toMatch(
      /^127\.\d+\.\d+\.\d+:\d+ validates DNSSEC and rejects the answer \(DNSSEC: [a-zA-Z ]+ for www\.bogus\.test\); \S+ answers without validating\.$/,
    );
    expect(text.startsWith(validating)).toBe(true);
    expect(text).toContain(`; ${other} answers`);
    const { resolvers } = await detail('bogus');
    const outcomes = resolvers.map(
      ({ server, answers }: { server: string; answers: [{ outcome: string }] }) => [
        server,
        answers[0].outcome,
      ],
    );
    expect(Object.fromEntries(outcomes)).toEqual({ [validating]: 'servfail', [other]: 'ok' });

    const page = (await m.monitor.get('/services/default/bogus')).text;
    expect(page).toContain('<strong>Evidence:</strong>');
    expect(page).toContain('Resolvers behind cluster DNS');
    expect((await m.monitor.get('/')).text).toContain('Resolvers behind them');
    const samples = select(
      await m.monitor.samples(),
      'externalname_upstream_resolver_answers_total',
    );
    const errors = samples.filter(({ labels }) => labels.extended_error !== '');
    expect(errors.map(({ labels }) => [labels.resolver, labels.outcome])).toContainEqual([
      validating,
      'servfail',
    ]);
    expect(
      samples.every(({ labels }) => labels.resolver === validating || labels.resolver === other),
    ).toBe(true);
    const { items } = JSON.parse((await m.monitor.get('/api/v1/servers')).text);
    const upstream = items.filter(({ role }: { role: string }) => role === 'upstream');
    expect(upstream).toHaveLength(2);
    expect(upstream).toContainEqual(
      expect.objectContaining({ server: validating, answers: true, failing: 1 }),
    );
    expect(upstream).toContainEqual(
      expect.objectContaining({ server: other, answers: true, failing: 0 }),
    );
  });

  test('one that does not reply, beside one that does, is the fault of upstream DNS', async () => {
    const [first] = m.cluster.upstreams;
    const mend = first?.cutOff();
    const text = await evidence('fine', 'upstream_dns', 'does not reply');
    expect(text).toBe(
      `${other} answers for www.example.test; ${validating} does not reply, to other questions as well.`,
    );
    mend?.();
    await m.verdicts({
      'default/bogus': '0 target_failing target',
      'default/fine': HEALTHY,
      'default/own': HEALTHY,
    });
  });

  test('where both answer, and CoreDNS goes on failing, it is the fault of cluster DNS', async () => {
    await m.cluster.dns.reconfigure({
      plugins: ['template ANY ANY other.test {', '    rcode SERVFAIL', '}'],
    });
    const text = await evidence('own', 'cluster_dns', 'all answer');
    expect(text).toContain('all answer for db.other.test; cluster DNS does not.');
  });
});
