/**
 * Answers for the names outside the demo's cluster. All names are reserved for examples (RFC 2606),
 * and their addresses for documentation (RFC 5737, RFC 3849).
 */
import type { Upstream } from '../dns/internet.ts';
import { scenarioServices } from './services.ts';

/** A search domain that pods get from their node. */
export const scenarioSearchDomain = 'corp.example.com';

/** Interval between two failovers of billing/ledger-db, in ms. */
export const failoverMs = 40_000;

/**
 * Documentation networks of three providers in turn; each address is new, as it was not seen for an
 * hour.
 */
function primaryAt(now: number): string {
  const turn = Math.floor(now / failoverMs);
  const network = ['192.0.2', '198.51.100', '203.0.113'][turn % 3];
  return `${network}.${1 + (turn % 120)}`;
}

/** Four of twelve; the window moves every second. */
function rotatedAt(now: number): string[] {
  const first = Math.floor(now / 1_000);
  return Array.from({ length: 4 }, (_, i) => `198.51.100.${140 + ((first + i * 3) % 12)}`);
}

function addresses(network: string, first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${network}.${first + i}`);
}

/** What targets answer at all times is beside their Services, the rest is here; a name that is in neither does not exist. */
export const scenarioInternet: Readonly<Record<string, Upstream>> = {
  ...Object.fromEntries(
    scenarioServices.flatMap(({ externalName, answers }) =>
      answers ? [[externalName, answers] as const] : [],
    ),
  ),
  'score.edge.example.net': { a: ['198.51.100.20'], aaaa: ['2001:db8:20::1'], ttl: 20 },
  'search-v1.shop.example.com': { a: ['192.0.2.41'] },
  'ledger.db.example.net': (type, now) => (type === 'A' ? { a: [primaryAt(now)], ttl: 5 } : {}),
  'streams.cdn.example.net': (_type, now) => ({ a: rotatedAt(now), ttl: 1 }),
  // Too many for 512 bytes, the limit of a pod's query over UDP (RFC 1035 section 4.2.1).
  'mirrors.downloads.example.com': { a: addresses('192.0.2', 120, 40) },
  'portal.phish.example.net': { a: ['203.0.113.66'], ttl: 1 },
  'green.storefront.example.com': { a: ['192.0.2.91'] },
  'geo.lookup.example.com': (type) =>
    type === 'AAAA' ? { rcode: 'SERVFAIL' } : { a: ['192.0.2.100'] },
  'relay.mail.example.net': (type) =>
    type === 'AAAA' ? { delayMs: Number.POSITIVE_INFINITY } : { a: ['198.51.100.101'] },
  // Its zone is no longer signed again: two of the fourteen days are left.
  'rates.tax.example.com': { a: ['192.0.2.104'], signedUntil: Date.now() + 2 * 86_400_000 },
  // A search domain of the nodes that resolves any name.
  [`*.${scenarioSearchDomain}`]: { a: ['192.0.2.253'] },
};

/**
 * The differing answers of one of two resolvers behind cluster DNS: it does not validate DNSSEC,
 * and succeeds where the other fails.
 */
export const scenarioNotValidating: Readonly<Record<string, Upstream>> = {
  'jobs.transcoder.example.org': { a: ['203.0.113.44'] },
  'queue.encoder.example.net': { a: ['203.0.113.45'] },
};

/** The differing answers of the reference resolver: cluster DNS has been misled. */
export const scenarioReference: Readonly<Record<string, Upstream>> = {
  'portal.bank.example.com': { a: ['192.0.2.110'], ttl: 1 },
};
