/**
 * Faults in a realistic population: the component at fault is derived from the state of other
 * Services.
 */
import { corefiles, type Fault } from '../../cluster/index.ts';
import {
  BASELINE,
  COMPANY,
  COMPANY_SERVICES,
  ONE,
  PROVIDER,
  PROVIDER_SERVICES,
  SERVED,
  TWO,
} from '../baseline.ts';
import { keyOf } from '../population.ts';
import type { Batch, Mend, Row } from '../row.ts';
import { HEALTHY, PENDING, type Said } from '../words.ts';
import type { World } from '../world.ts';

const TARGET: Said = '0 target_failing target';
const UPSTREAM: Said = '0 target_failing upstream_dns';
const LOST: Said = '0 cluster_dns_failing cluster_dns';
const MISSING: Said = '0 alias_missing cluster_dns';
/** The cached answer of one address type expires before the other's. */
const LAPSING: Said = '1 degraded upstream_dns';
/**
 * The right words for Services that never work, even if other parts fail: their targets are at
 * fault.
 */
const DEAD: readonly Said[] = ['0 target_nxdomain target', TARGET];

const group = 'crowd';
const cached = { detect: ['cache'], clear: ['cache'] } as const;
const silent = { detect: ['cache', 'timeouts', 'queue'], clear: ['cache'] } as const;

const started: Row = {
  group,
  name: 'a start among dead targets',
  fault: 'a monitor is started; 25 Services have been dead for long',
  victims: 'all',
  monitor: () => [],
  expected: [HEALTHY],
  dead: DEAD,
  meanwhile: ['gone', PENDING],
  detect: ['timeouts'],
};

const threeLame: Row = {
  group,
  name: 'three domains lame',
  fault: 'the name servers of three unrelated domains answer REFUSED to the resolvers',
  services: {
    'lame-a': 'www.lame-a.test',
    'lame-b': 'www.lame-b.test',
    'lame-c': 'www.lame-c.test',
  },
  expected: [TARGET],
  ...cached,
  inject: async ({ cluster }) =>
    cluster.authority.answer('REFUSED', { names: ['lame-a.test', 'lame-b.test', 'lame-c.test'] }),
};

const provider: Row = {
  group,
  name: 'customers of one provider',
  fault: 'SERVFAIL for a private suffix; six Services have targets there, each of another customer',
  victims: Object.keys(PROVIDER_SERVICES),
  expected: [TARGET],
  ...cached,
  inject: async (world) => world.upstream({ names: [PROVIDER], rcode: 'SERVFAIL' }),
};

const companyFails: Row = {
  group,
  name: 'the zone of the company fails',
  fault: 'SERVFAIL for one domain; 30 Services have targets there',
  victims: Object.keys(COMPANY_SERVICES),
  expected: [TARGET],
  ...cached,
  inject: async (world) => world.upstream({ names: [COMPANY], rcode: 'SERVFAIL' }),
};

const companyHangs: Row = {
  ...companyFails,
  name: 'the zone of the company hangs',
  fault: 'queries for one domain are lost; 30 Services have targets there',
  ...silent,
  inject: async (world) => world.upstream({ names: [COMPANY], lose: 1 }),
};

const openEnd: Row = {
  group,
  name: 'a resolver that does not recurse',
  fault:
    'CoreDNS forwards one zone to its authoritative server, which gives a CNAME into another zone and no more',
  services: { 'open-end': 'www.open-end.test' },
  zones: {
    'open-end.test': { www: ['CNAME db.elsewhere.test.'] },
    'elsewhere.test': { db: ['A 192.0.2.17', 'AAAA 2001:db8::17'] },
  },
  expected: [UPSTREAM],
  meanwhile: [LAPSING],
  clear: ['cache'],
  inject: (world) =>
    world.corefile({ stubs: { 'open-end.test': world.cluster.authority.address } }),
};

/**
 * A separate monitor that has only the Services of one namespace, as if the cluster had no others.
 */
function small(namespace: string, row: Omit<Row, 'group' | 'victims' | 'monitor'>): Row {
  return {
    ...row,
    group,
    victims: Object.keys(BASELINE.services).filter((name) =>
      keyOf(name).startsWith(`${namespace}/`),
    ),
    monitor: () => [`--namespaces=${namespace}`],
  };
}

const oneDead = small(ONE, {
  name: 'one Service, its target fails',
  fault: 'SERVFAIL for the domain of the one Service that a monitor knows',
  expected: [TARGET],
  common: [TARGET, '1 degraded target'],
  ...cached,
  inject: async (world) => world.upstream({ names: ['only-one.test'], rcode: 'SERVFAIL' }),
});

/** The right words while no query that must be forwarded is answered. */
interface Everything extends Pick<Row, 'detect' | 'clear' | 'note' | 'limit'> {
  readonly name: string;
  readonly fault: string;
  readonly upstream: Fault;
  readonly expected: Said;
  readonly meanwhile: readonly Said[];
}

/** Rows of all Services, of one and of two. */
function everything({ upstream, expected, meanwhile, ...more }: Everything): Batch {
  const inject = async (world: World): Promise<Mend> => world.upstream(upstream);
  const common = { ...more, expected: [expected], meanwhile, inject };
  const { note: _note, limit: _limit, ...rest } = common;
  const ofSmall = { ...rest, common: [expected, ...meanwhile] };
  return [
    { ...common, group, victims: 'external', dead: [...DEAD, expected] },
    small(ONE, { ...ofSmall, name: `${more.name}, one Service in all` }),
    small(TWO, { ...ofSmall, name: `${more.name}, two Services in all` }),
  ];
}

const fail = everything({
  name: 'resolvers fail',
  fault: 'the resolvers answer SERVFAIL to everything',
  upstream: { rcode: 'SERVFAIL' },
  expected: UPSTREAM,
  meanwhile: [LAPSING, TARGET],
  ...cached,
  note: 'CoreDNS may repeat the last good answer to the upstream sensor from its cache: until that ends, the first Services to fail are reported for themselves.',
});

const hang = everything({
  name: 'resolvers silent',
  fault: 'every query to the resolvers is lost',
  upstream: { lose: 1 },
  expected: UPSTREAM,
  meanwhile: [LAPSING, TARGET],
  ...silent,
  note: 'The same, and the upstream sensor waits as long for a reply as a target does.',
});

const refuse = everything({
  name: 'resolvers refuse',
  fault: 'the resolvers answer REFUSED to everything',
  upstream: { rcode: 'REFUSED' },
  expected: '0 target_failing cluster_dns',
  meanwhile: ['1 degraded cluster_dns', TARGET],
  ...cached,
  limit: 'CoreDNS answers so by itself beyond its forward limit.',
});

const zoneLost: Row = {
  group,
  name: 'the zone of the cluster is lost',
  fault:
    'a `template` answers NXDOMAIN for every name of the cluster, as CoreDNS without its `kubernetes` plugin',
  victims: 'all',
  expected: [LOST],
  // Until the control query is denied, which is sent once per round.
  meanwhile: [MISSING],
  inject: (world) => world.corefile(corefiles.withoutZone),
};

const someNamespaces: Row = {
  group,
  name: 'one namespace served',
  fault: 'the `kubernetes` plugin of CoreDNS gets `namespaces`, with one',
  victims: { allBut: SERVED },
  expected: [MISSING],
  // Until one of the served Services has been queried since the first denial, which takes at most
  // one round.
  meanwhile: [LOST],
  inject: (world) => world.corefile(corefiles.servingOnly(SERVED)),
  note: 'The control query is denied; the Services of the namespace that is served prove that the zone is.',
};

export const CROWD_BATCHES: readonly Batch[] = [
  [started],
  [threeLame, provider, companyFails, oneDead, openEnd],
  fail,
  hang,
  refuse,
  [companyHangs],
  [zoneLost],
  [someNamespaces],
];
