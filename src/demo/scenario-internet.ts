/**
 * What the names outside the demo's cluster answer. All are reserved for examples (RFC 2606), their addresses for
 * documentation (RFC 5737, RFC 3849). Those that fail at all times have one registrable domain, example.org: with
 * three of them failing, the monitor would blame the upstream resolvers rather than the targets.
 */
import type { Upstream } from './dns-internet.ts';

/** How often billing/ledger-db fails over, in ms. */
export const failoverMs = 20_000;

/** A name that is not here does not exist. */
export const scenarioInternet: Readonly<Record<string, Upstream>> = {
  'gateway.cards.example.com': { a: ['192.0.2.10', '192.0.2.11'], ttl: 60 },
  'score.fraud.example.net': { cname: 'score.edge.example.net', ttl: 300 },
  'score.edge.example.net': { a: ['198.51.100.20'], aaaa: ['2001:db8:20::1'], ttl: 20 },
  'feed.bank.example.org': { a: ['203.0.113.30'], delayMs: 300 },
  'returns.desk.example.com': {},
  'search-v1.shop.example.com': { a: ['192.0.2.41'] },
  'search-v2.shop.example.com': { a: ['192.0.2.42'] },
  'gift.cards.example.com': { a: ['192.0.2.43'] },
  'jobs.transcoder.example.org': { rcode: 'SERVFAIL' },
  'render.thumbnails.example.org': { delayMs: Number.POSITIVE_INFINITY },
  'edge6.cdn.example.net': { aaaa: ['2001:db8:60::1'] },
  'ledger.db.example.net': (_type, now) => ({
    a: [Math.floor(now / failoverMs) % 2 === 0 ? '198.51.100.71' : '203.0.113.72'],
    ttl: 5,
  }),
  'pr-417.preview.example.com': { a: ['192.0.2.80'] },
  'smoke-test.preview.example.com': { a: ['192.0.2.81'] },
  'blue.storefront.example.com': { a: ['192.0.2.90'] },
  'green.storefront.example.com': { a: ['192.0.2.91'] },
  'coupons.shop.example.com': { a: ['192.0.2.92'] },
  'reviews.shop.example.com': { a: ['192.0.2.93'], aaaa: ['2001:db8:93::1'] },
  'stock.shop.example.net': { a: ['198.51.100.94'] },
  'geo.lookup.example.com': (type) =>
    type === 'AAAA' ? { rcode: 'SERVFAIL' } : { a: ['192.0.2.100'] },
  'relay.mail.example.net': (type) =>
    type === 'AAAA' ? { delayMs: Number.POSITIVE_INFINITY } : { a: ['198.51.100.101'] },
  'ingest.telemetry.example.com': { a: ['192.0.2.102'] },
  'hooks.partner.example.net': { a: ['198.51.100.103'] },
};
