/**
 * Answers from the owner of a target's domain, or answers broken on their path: none of them
 * affects another Service.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomOf } from '../fixtures/random.ts';
import { select } from '../fixtures/samples.ts';
import { corefiles, describeE2e, externalName, type Zone } from '../lab/cluster/index.ts';
import { monitored, startMonitor, verdicts } from './monitor.ts';
import { said } from './said.ts';

const HEALTHY = '1 healthy none';
const NO_ADDRESS = '0 target_no_address target';
const FAILING = '0 target_failing target';
const LABEL = 'x'.repeat(63);
/** The maximum length of a name: 253 characters, with no room for a subdomain. */
const LONGEST = `${LABEL}.${LABEL}.${LABEL}.${'y'.repeat(253 - 3 * 64 - '.hostile.test'.length)}`;

/** Records of hostile.test, and the right verdict for a Service with that target. */
const ANSWERS: Readonly<Record<string, readonly [records: readonly string[], words: RegExp]>> = {
  parked: [['CNAME .'], /: 0 target_(no_address|failing|nxdomain) target$/],
  'parked-mx': [['MX 0 .'], new RegExp(`: ${NO_ADDRESS}$`)],
  // A name that glibc rejects.
  escaped: [
    ['CNAME a\\.b\\000\\032\\255\\\\c.hostile.test.'],
    /: 1 degraded (upstream_dns|target)$/,
  ],
  'a\\.b\\000\\032\\255\\\\c': [['A 192.0.2.40', 'AAAA 2001:db8::40'], /./],
  longest: [[`CNAME ${LONGEST}.hostile.test.`], /: 1 healthy none$/],
  [LONGEST]: [['A 192.0.2.41', 'AAAA 2001:db8::41'], /./],
  upper: [['CNAME UPPER.Hostile.TEST.'], new RegExp(`: ${FAILING}$|: 0 invalid_target config$`)],
  literal: [['CNAME 192.0.2.1.'], /: 0 target_nxdomain target$/],
  loop: [['CNAME loop-2.hostile.test.'], new RegExp(`: ${FAILING}$|: 0 invalid_target config$`)],
  'loop-2': [['CNAME loop.hostile.test.'], /./],
  chain: [['CNAME link-0.hostile.test.'], new RegExp(`: ${FAILING}$`)],
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [
      `link-${i}`,
      [[i === 39 ? 'A 192.0.2.42' : `CNAME link-${i + 1}.hostile.test.`], /./] as const,
    ]),
  ),
  back: [['CNAME back.default.svc.cluster.local.'], /: 0 \w+ (target|config|cluster_dns)$/],
  many: [
    Array.from({ length: 500 }, (_, i) => `A 198.18.${i >> 8}.${i & 255}`),
    /: 1 healthy none$/,
  ],
  zero: [['A 0.0.0.0', 'AAAA ::'], /: 1 healthy none$/],
};
const TARGETS = Object.keys(ANSWERS).filter(
  (name) => /^[a-z-]{1,20}$/.test(name) && !/^link/.test(name),
);
const USUAL = {
  'default/fine': HEALTHY,
  'default/swapped': HEALTHY,
  'default/mangled': HEALTHY,
};
const alias = (name: string) => `${name}.default.svc.cluster.local`;

describeE2e('answers of hostile or broken servers', () => {
  const m = monitored(
    async ({ kube }) => {
      for (const name of ['fine', 'swapped', 'mangled'])
        await kube.create(externalName(name, `${name}.example.test`));
    },
    [],
    {
      zones: {
        'example.test': Object.fromEntries(
          ['fine', 'swapped', 'mangled'].map((name) => [
            name,
            ['A 192.0.2.10', 'AAAA 2001:db8::10'],
          ]),
        ),
        'hostile.test': Object.fromEntries(
          Object.entries(ANSWERS).map(([name, [records]]) => [name, records]),
        ) satisfies Zone,
      },
    },
  );

  beforeEach(() => m.verdicts(USUAL));

  afterEach(async () => {
    await m.cluster.mend();
    expect(m.monitor.exitCode).toBe(null);
  });

  test('from the owner of a domain concern its Services only', async () => {
    const { kube } = m.cluster;
    for (const name of TARGETS) await kube.create(externalName(name, `${name}.hostile.test`));
    const keys = [...Object.keys(USUAL), ...TARGETS.map((name) => `default/${name}`)];
    const words = await said(m.monitor, 3, keys);
    for (const name of TARGETS) await kube.delete(externalName(name));
    for (const [key, usual] of Object.entries(USUAL))
      expect([key, words[key]]).toEqual([key, [usual]]);
    for (const name of TARGETS) {
      const last = words[`default/${name}`]?.at(-1) ?? '';
      expect(`${name}: ${last}`).toMatch(ANSWERS[name]?.[1] ?? /never/);
    }
  });

  test('replies with any of their bytes changed, cut off, or more than they should be', async () => {
    const next = randomOf(20_261_126);
    const number = (below: number) => Math.floor(next() * below);
    const mangle = (bytes: Buffer): Buffer => {
      const copy = Buffer.from(bytes);
      for (let i = number(4); i >= 0; i--) copy[number(copy.length)] = number(256);
      if (next() < 0.3) return copy.subarray(0, number(copy.length));
      return next() < 0.3 ? Buffer.concat([copy, Buffer.alloc(number(100), number(256))]) : copy;
    };
    const names = [alias('mangled'), 'mangled.example.test'];
    for (const path of [m.cluster.dns, m.cluster.upstream]) path.inject({ names, mangle });
    const words = await said(m.monitor, 40, ['default/fine']);
    expect(words['default/fine']).toEqual([HEALTHY]);
  });

  test('addresses before the CNAME that leads to them', async () => {
    m.cluster.dns.inject({
      names: [alias('swapped')],
      rewrite: (reply) => ({
        ...reply,
        answers: (reply.answers ?? []).toSorted(
          (a, b) => Number(a.type === 'CNAME') - Number(b.type === 'CNAME'),
        ),
      }),
    });
    await m.verdicts({ ...USUAL, 'default/swapped': '1 degraded cluster_dns' });
    const of = { service: 'swapped', rule: 'resolvers_differ' };
    expect(select(await m.monitor.samples(), 'externalname_finding', of)).toHaveLength(1);
  });

  describe('NXDOMAIN for every AAAA', () => {
    afterEach(() => m.cluster.dns.reconfigure({}));

    test.each([
      ['not known', ''],
      ['of an IPv4-only cluster', '10.244.1.7'],
      ['of a dual-stack cluster', '10.244.1.7,fd00:10:244:1::7'],
    ])('is a failing family where the addresses of the pod are %s', async (_whose, POD_IPS) => {
      await m.cluster.dns.reconfigure(corefiles.noIpv6);
      const installed = await startMonitor(m.cluster, [], { POD_IPS });
      const expected = Object.keys(USUAL).map((key) => [key, '1 family_failing cluster_dns']);
      await verdicts(installed, Object.fromEntries(expected));
      expect(await installed.stop()).toBe(0);
    });
  });
});
