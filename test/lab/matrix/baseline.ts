/**
 * A realistic population: some Services work, some have been dead for a long time, some share a
 * domain.
 */
import type { Cluster, Zone } from '../cluster/index.ts';
import { BACKENDS, inZone, type Population, WWW } from './population.ts';
import type { Said } from './words.ts';

const DEAD_NAME: Said = '0 target_nxdomain target';
const DEAD_SERVERS: Said = '0 target_failing target';

/**
 * Domains without any resolved name since before the monitor's start, by the failure of their
 * targets.
 */
const DEAD = { gone: 12, servfail: 6, silent: 3, lame: 4 } as const;
const WORKING = 40;
const CUSTOMERS = 6;

/** One company, one zone. */
export const COMPANY = 'corp.example';
/**
 * In the private part of the Public Suffix List: each name below it belongs to another customer of
 * the same name servers.
 */
export const PROVIDER = 'azurewebsites.net';
/**
 * Namespaces with one and two Services: a monitor that watches only such a namespace has no other
 * Services.
 */
export const ONE = 'one';
export const TWO = 'two';
/** A row makes CoreDNS serve only this namespace. */
export const SERVED = 'served';

export const COMPANY_SERVICES = numbered(30, (i) => [`corp-${i}`, `app-${i}.${COMPANY}`]);
export const PROVIDER_SERVICES = numbered(CUSTOMERS, (i) => [`shop-${i}`, `shop-${i}.${PROVIDER}`]);

const dead = Object.entries(DEAD).flatMap(([fate, count]) =>
  Array.from({ length: count }, (_, i) => ({
    fate,
    name: `${fate}-${i}`,
    domain: `${fate}-${i}.test`,
  })),
);

export const BASELINE: Population = {
  services: {
    ...numbered(WORKING, (i) => [`works-${i}`, `www.works-${i}.test`]),
    ...COMPANY_SERVICES,
    ...PROVIDER_SERVICES,
    ...Object.fromEntries(dead.map(({ name, domain }) => [name, `www.${domain}`])),
    ...Object.fromEntries(BACKENDS.map((name) => [`to-${name}`, inZone(name)])),
    ...numbered(3, (i) => [`${SERVED}/db-${i}`, `www.works-${i}.test`]),
    [`${ONE}/db`]: 'www.only-one.test',
    [`${TWO}/db`]: 'www.one-of-two.test',
    [`${TWO}/mail`]: 'www.other-of-two.test',
  },
  zones: () => ({
    ...numbered(WORKING, (i) => [`works-${i}.test`, WWW]),
    ...Object.fromEntries(
      dead.map(({ fate, domain }): [string, Zone] => [domain, fate === 'gone' ? {} : WWW]),
    ),
    [COMPANY]: hosts(COMPANY_SERVICES),
    [PROVIDER]: hosts(PROVIDER_SERVICES),
    'only-one.test': WWW,
    'one-of-two.test': WWW,
    'other-of-two.test': WWW,
  }),
  usual: Object.fromEntries(
    dead.map(({ fate, name }) => [name, fate === 'gone' ? DEAD_NAME : DEAD_SERVERS]),
  ),
  spoil: ({ authority, upstreams }: Cluster): void => {
    const domainsOf = (fate: keyof typeof DEAD): string[] =>
      dead.filter((one) => one.fate === fate).map(({ domain }) => domain);
    for (const upstream of upstreams) {
      upstream.answer('SERVFAIL', { names: domainsOf('servfail') });
      upstream.cutOff({ names: domainsOf('silent') });
    }
    authority.answer('REFUSED', { names: domainsOf('lame') });
  },
};

/** For the page. */
export const SUMMARY =
  `${Object.keys(BASELINE.services).length} Services, with ${WORKING} unrelated domains that work, ${dead.length} that never worked\n` +
  `(NXDOMAIN, SERVFAIL, silent and lame name servers), ${Object.keys(COMPANY_SERVICES).length} targets in one zone of a company, ` +
  `and ${CUSTOMERS} customers of one\nprivate suffix of the Public Suffix List`;

function numbered<T>(count: number, entry: (i: number) => readonly [string, T]): Record<string, T> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => entry(i)));
}

/** A zone with an address for the first label of each of these targets. */
function hosts(services: Readonly<Record<string, string>>): Zone {
  const labels = Object.values(services).map((target) => target.split('.')[0] ?? '');
  return Object.fromEntries(labels.map((label) => [label, WWW.www ?? []]));
}
