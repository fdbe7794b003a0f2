/** Faults of targets, of the resolvers that cluster DNS forwards to, and of the path there. */
import type { Batch, Row } from '../row.ts';
import { HEALTHY, type Said } from '../words.ts';

const FAILING: Said = '0 target_failing target';
/** The cached answer of one family expires before the other's. */
const PARTLY: Said[] = ['1 degraded target', '1 degraded upstream_dns'];
const UPSTREAM: Said = '0 target_failing upstream_dns';

const group = 'upstream';

const removed: Row = {
  group,
  name: 'target removed',
  fault: 'the records of a target are deleted at its authority',
  services: { removed: 'www.removed.test' },
  expected: ['0 target_nxdomain target'],
  detect: ['cache'],
  clear: ['cache'],
  inject: (world) => world.records('www.removed.test'),
  note: 'The repaired name stays NXDOMAIN as long as cluster DNS caches it: pods see that as well.',
};

const noAddress: Row = {
  group,
  name: 'target without an address',
  fault: 'a target keeps a TXT record only',
  services: { 'no-address': 'www.no-address.test' },
  expected: ['0 target_no_address target'],
  detect: ['cache'],
  clear: ['cache'],
  inject: (world) => world.records('www.no-address.test', 'TXT "nothing to connect to"'),
};

const danglingEnd: Row = {
  group,
  name: 'dangling end of a chain',
  fault: 'the last name of a target’s CNAME chain, in another domain, is deleted',
  services: { 'dangling-end': 'www.dangling-end.test' },
  zones: {
    'dangling-end.test': { www: ['CNAME end.far-end.test.'] },
    'far-end.test': { end: ['A 192.0.2.12', 'AAAA 2001:db8::12'] },
  },
  expected: ['0 target_nxdomain target'],
  detect: ['cache'],
  clear: ['cache'],
  inject: (world) => world.records('end.far-end.test'),
};

const oneDomain: Row = {
  group,
  name: 'one domain fails',
  fault: 'SERVFAIL for every name of one domain; three Services have targets there',
  services: {
    'one-domain-a': 'www.one-domain.test',
    'one-domain-b': 'b.one-domain.test',
    'one-domain-c': 'c.one-domain.test',
  },
  zones: { 'one-domain.test': { b: ['A 192.0.2.13'], c: ['A 192.0.2.14'] } },
  expected: [FAILING],
  detect: ['cache'],
  clear: ['cache'],
  inject: async (world) => world.upstream({ names: ['one-domain.test'], rcode: 'SERVFAIL' }),
};

const aaaaServfail: Row = {
  group,
  name: 'SERVFAIL for AAAA only',
  fault: 'the resolvers answer SERVFAIL for AAAA of a target, and A as ever',
  services: { 'aaaa-servfail': 'www.aaaa-servfail.test' },
  expected: ['1 degraded target'],
  detect: ['cache'],
  clear: ['cache'],
  inject: async (world) =>
    world.upstream({ names: ['aaaa-servfail.test'], types: ['AAAA'], rcode: 'SERVFAIL' }),
  where: { ipv6: { expected: [FAILING] } },
  note: 'CoreDNS makes a bare CNAME of the error, so that pods see NODATA for AAAA: only the target hop shows it.',
};

const aServfail: Row = {
  group,
  name: 'SERVFAIL for A only',
  fault: 'the resolvers answer SERVFAIL for A of a target, and AAAA as ever',
  services: { 'a-servfail': 'www.a-servfail.test' },
  expected: [FAILING],
  where: {
    dual: { expected: ['1 degraded target'] },
    ipv6: { expected: ['1 degraded target'] },
  },
  detect: ['cache'],
  clear: ['cache'],
  inject: async (world) =>
    world.upstream({ names: ['a-servfail.test'], types: ['A'], rcode: 'SERVFAIL' }),
};

const aaaaNxdomain: Row = {
  group,
  name: 'NXDOMAIN for AAAA only',
  fault: 'the resolvers answer NXDOMAIN for AAAA of a target, and A as ever',
  services: { 'aaaa-nxdomain': 'www.aaaa-nxdomain.test' },
  expected: ['1 degraded target'],
  detect: ['cache'],
  clear: ['cache'],
  inject: async (world) =>
    world.upstream({ names: ['aaaa-nxdomain.test'], types: ['AAAA'], rcode: 'NXDOMAIN' }),
  where: { ipv6: { expected: [FAILING] } },
};

const refused: Row = {
  group,
  name: 'a domain is refused',
  fault: 'the resolvers answer REFUSED for one domain',
  services: { refused: 'www.refused.test' },
  expected: [FAILING],
  detect: ['cache'],
  clear: ['cache'],
  inject: async (world) => world.upstream({ names: ['refused.test'], rcode: 'REFUSED' }),
};

const truncated: Row = {
  group,
  name: 'truncated, without TCP upstream',
  fault: 'the resolvers truncate the answers of one domain, and TCP to them is lost',
  services: { truncated: 'www.truncated.test' },
  expected: [FAILING],
  detect: ['cache', 'timeouts'],
  clear: ['cache'],
  inject: async (world) => {
    const names = ['truncated.test'];
    const mends = [
      world.upstream({ names, truncate: true }),
      world.upstream({ names, transport: 'tcp', lose: 1 }),
    ];
    return () => mends.forEach((mend) => void mend());
  },
};

const silentDomain: Row = {
  group,
  name: 'a domain hangs',
  fault: 'queries for one domain are lost on the way to the resolvers',
  services: { hangs: 'www.hangs.test' },
  expected: [FAILING],
  detect: ['cache', 'timeouts'],
  clear: ['cache'],
  inject: async (world) => world.upstream({ names: ['hangs.test'], lose: 1 }),
};

const lame: Row = {
  group,
  name: 'lame delegation',
  fault: 'the authority of one domain answers REFUSED to the resolvers',
  services: { lame: 'www.lame.test' },
  expected: [FAILING],
  detect: ['cache'],
  clear: ['cache'],
  inject: async (world) => world.cluster.authority.answer('REFUSED', { names: ['lame.test'] }),
};

const slowerThanCorednsWaits: Row = {
  group,
  name: 'slower than cluster DNS waits',
  fault: 'answers of one domain take 2.5 s; CoreDNS reads each resolver for 2 s',
  services: { 'too-slow': 'www.too-slow.test' },
  expected: [FAILING],
  detect: ['cache', 'timeouts'],
  clear: ['cache'],
  inject: async (world) => world.upstream({ names: ['too-slow.test'], delayMs: 2_500 }),
};

const mangledCase: Row = {
  group,
  name: 'case-mangled owners',
  fault: 'the resolvers give back owner names in another case than was asked',
  services: { 'mangled-case': 'www.mangled-case.test' },
  expected: [HEALTHY],
  hold: 5,
  inject: async (world) =>
    world.upstream({
      names: ['mangled-case.test'],
      rewrite: (reply) => ({
        ...reply,
        answers: (reply.answers ?? []).map((record) => ({
          ...record,
          name: record.name.replace(/[a-z]/g, (c, i: number) => (i % 2 ? c.toUpperCase() : c)),
        })),
      }),
    }),
};

const longChain: Row = {
  group,
  name: 'chain of 12',
  fault: 'a target becomes a chain of 12 CNAMEs with an address at its end',
  services: { 'chain-of-12': 'www.chain-of-12.test' },
  zones: {
    'chain-of-12.test': Object.fromEntries(
      Array.from({ length: 12 }, (_, i): [string, string[]] => [
        `c${i}`,
        [i === 11 ? 'A 192.0.2.15' : `CNAME c${i + 1}.chain-of-12.test.`],
      ]),
    ),
  },
  expected: [FAILING],
  meanwhile: ['1 degraded target'],
  detect: ['cache'],
  clear: ['cache'],
  note: 'unbound follows 11 CNAMEs and then answers SERVFAIL: pods get no address.',
  inject: (world) => world.records('www.chain-of-12.test', 'CNAME c0.chain-of-12.test.'),
};

const upstreamStopped: Row = {
  group,
  name: 'resolvers stopped',
  fault: 'the resolvers are ended: their ports refuse',
  victims: 'external',
  expected: [UPSTREAM],
  meanwhile: [FAILING, ...PARTLY],
  detect: ['cache', 'timeouts', 'queue'],
  clear: ['cache'],
  inject: async ({ cluster }) => {
    await cluster.upstream.stop(0);
    return () => cluster.upstream.start();
  },
};

const authoritySilent: Row = {
  group,
  name: 'the Internet is gone',
  fault: 'the resolvers run, and get no answers',
  victims: 'external',
  expected: [UPSTREAM],
  meanwhile: [FAILING, ...PARTLY],
  detect: ['cache', 'timeouts', 'queue'],
  clear: ['cache'],
  inject: async ({ cluster }) => cluster.authority.cutOff(),
};

const loss: Row = {
  group,
  name: '30 % loss upstream',
  fault: '30 % of the queries to the resolvers are lost',
  victims: 'external',
  // CoreDNS does not retry: each lost query makes one target fail for a pod until the next query.
  expected: [HEALTHY, '1 degraded target', FAILING, '1 degraded upstream_dns', UPSTREAM],
  hold: 8,
  clear: ['cache', 'memory'],
  inject: async (world) => world.upstream({ lose: 0.3 }),
  note: 'Chance decides: any of these is right, and none but these.',
};

export const UPSTREAM_BATCHES: readonly Batch[] = [
  [removed, noAddress, danglingEnd, oneDomain, aaaaServfail, aServfail, aaaaNxdomain, mangledCase],
  [refused, truncated],
  [longChain],
  [silentDomain, lame],
  [slowerThanCorednsWaits],
  [upstreamStopped],
  [authoritySilent],
  [loss],
];
