/**
 * The demo's population as data: each Service, what the world makes of its target, what the monitor must say of it,
 * and what to look at. All names are reserved for examples (RFC 2606, RFC 6761), all addresses for documentation
 * (RFC 5737, RFC 3849).
 */
import type { Upstream } from './dns-internet.ts';

/** Verdict and blame, in the words of the design's table. */
export interface Expected {
  verdict: string;
  blame: string;
  up: 0 | 1;
}

export interface ScenarioService {
  namespace: string;
  name: string;
  externalName: string;
  expected: Expected;
  /** Where pods cannot use IPv6, if that makes a difference. */
  expectedWithoutIpv6?: Expected;
  /** One sentence: what this Service shows, and where. */
  look: string;
  /** What cluster DNS holds in place of the spec: another target, or nothing at all. */
  servedAs?: { externalName: string } | 'nothing';
  /** It exists for the first `presentMs` of every `periodMs`, `offsetMs` into it at the start. Absent: always. */
  comesAndGoes?: { periodMs: number; presentMs: number; offsetMs: number };
}

const healthy: Expected = { verdict: 'healthy', blame: 'none', up: 1 };
const invalid: Expected = { verdict: 'invalid_target', blame: 'config', up: 0 };
const failing: Expected = { verdict: 'target_failing', blame: 'target', up: 0 };

/** A 66-byte label: the API server takes it, DNS cannot carry it (RFC 1035 section 2.3.4: 63). */
const longLabel = 'quarterly-revenue-and-margin-reports-for-the-finance-department-eu';

export const scenarioServices: readonly ScenarioService[] = [
  {
    namespace: 'payments',
    name: 'card-gateway',
    externalName: 'gateway.cards.example.com',
    expected: healthy,
    look: 'The ordinary case, IPv4 only: AAAA ends in nodata, and nothing is unhealthy about that.',
  },
  {
    namespace: 'payments',
    name: 'fraud-score',
    externalName: 'score.fraud.example.net',
    expected: healthy,
    look: 'Dual-stack behind a CDN: the target is itself a CNAME.',
  },
  {
    namespace: 'payments',
    name: 'bank-feed',
    externalName: 'feed.bank.example.org',
    expected: healthy,
    look: 'Its DNS takes 300 ms: slow, but healthy; see the duration of the hops app and target.',
  },
  {
    namespace: 'checkout',
    name: 'card-gateway',
    externalName: 'gateway.cards.example.com',
    expected: healthy,
    look: 'The same target as payments/card-gateway: asked once a round for both.',
  },
  {
    namespace: 'checkout',
    name: 'catalog',
    externalName: 'catalog.backend.svc.cluster.local',
    expected: healthy,
    look: 'An alias for a Service of another namespace, which exists.',
  },
  {
    namespace: 'checkout',
    name: 'wishlist',
    externalName: 'wishlist.backend.svc.cluster.local',
    expected: { verdict: 'target_nxdomain', blame: 'target', up: 0 },
    look: 'The Service it points to is gone: pods get NODATA with the CNAME stripped, and no hint why.',
  },
  {
    namespace: 'orders',
    name: 'legacy-db',
    externalName: 'db-old.warehouse.example.com',
    expected: { verdict: 'target_nxdomain', blame: 'target', up: 0 },
    look: 'Dangling: the target does not exist. Pods see NOERROR and a bare CNAME; the hop target sees NXDOMAIN.',
  },
  {
    namespace: 'orders',
    name: 'returns-desk',
    externalName: 'returns.desk.example.com',
    expected: { verdict: 'target_no_address', blame: 'target', up: 0 },
    look: 'The target exists, without any address.',
  },
  {
    namespace: 'orders',
    name: 'search',
    externalName: 'search-v2.shop.example.com',
    servedAs: { externalName: 'search-v1.shop.example.com' },
    expected: { verdict: 'alias_mismatch', blame: 'cluster_dns', up: 1 },
    look: 'Cluster DNS missed an edit and serves the old target: it resolves, to the wrong place.',
  },
  {
    namespace: 'orders',
    name: 'gift-cards',
    externalName: 'gift.cards.example.com',
    servedAs: 'nothing',
    expected: { verdict: 'alias_missing', blame: 'cluster_dns', up: 0 },
    look: 'Cluster DNS does not know the Service at all: NXDOMAIN on the hop alias.',
  },
  {
    namespace: 'media',
    name: 'transcoder',
    externalName: 'jobs.transcoder.example.org',
    expected: failing,
    look: 'The upstream answers SERVFAIL: pods see a bare CNAME again, the hop target says why.',
  },
  {
    namespace: 'media',
    name: 'thumbnails',
    externalName: 'render.thumbnails.example.org',
    expected: failing,
    look: 'The upstream never answers: cluster DNS gives up on it after 2 s, or the monitor times out first.',
  },
  {
    namespace: 'media',
    name: 'cdn-v6',
    externalName: 'edge6.cdn.example.net',
    expected: healthy,
    expectedWithoutIpv6: { verdict: 'target_no_address', blame: 'config', up: 0 },
    look: 'Only an IPv6 address: fine where pods have IPv6, useless where they do not.',
  },
  {
    namespace: 'finance',
    name: 'mainframe',
    externalName: '192.0.2.77',
    expected: invalid,
    look: 'An IP literal: cluster DNS answers NXDOMAIN by design.',
  },
  {
    namespace: 'finance',
    name: 'reports',
    externalName: `${longLabel}.example.com`,
    expected: invalid,
    look: 'A label of more than 63 bytes: Kubernetes takes it, DNS cannot; it is never queried.',
  },
  {
    namespace: 'billing',
    name: 'ledger-db',
    externalName: 'ledger.db.example.net',
    expected: healthy,
    look: 'A database that fails over every 20 s: watch the hash of its addresses change.',
  },
  {
    namespace: 'ci',
    name: 'preview-417',
    externalName: 'pr-417.preview.example.com',
    expected: healthy,
    comesAndGoes: { periodMs: 12_000, presentMs: 8_000, offsetMs: 0 },
    look: 'There for 8 s, gone for 4 s: its series go with it.',
  },
  {
    namespace: 'ci',
    name: 'preview-418',
    externalName: 'pr-418.preview.example.com',
    expected: healthy,
    comesAndGoes: { periodMs: 12_000, presentMs: 8_000, offsetMs: 6_000 },
    look: 'The same, half a period later.',
  },
];

/** How often billing/ledger-db fails over, in ms. */
export const failoverMs = 20_000;

/** What the names outside the cluster answer. A name that is not here does not exist. */
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
  'pr-418.preview.example.com': { a: ['192.0.2.81'] },
};
