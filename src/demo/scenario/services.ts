/**
 * The demo's population as data: each Service, what the monitor must say of it, and what to look at. All names are
 * reserved for examples (RFC 2606), but for those of the cluster itself, one under a suffix that anyone may claim and one
 * that is not registered: no server outside is asked for these. What happens every so often is in events.ts.
 */
import type { Upstream } from '../dns/internet.ts';
import { drop, type Tamper } from '../dns/tamper.ts';
import { bareCname } from './tampers.ts';

/** Verdict and blame, with the words of the model. */
export interface Expected {
  verdict: string;
  blame: string;
  /** Absent if the monitor reports no value. */
  up?: 0 | 1;
}

export interface ScenarioService {
  namespace: string;
  name: string;
  externalName: string;
  /** What its target answers, where no other name has a part in that, and at all times; else scenario/internet.ts says. */
  answers?: Upstream;
  /** The expected diagnosis while no event (see events.ts) is active. */
  expected: Expected;
  annotations?: Readonly<Record<string, string>>;
  selector?: Readonly<Record<string, string>>;
  /** The same for pods without IPv6, if it differs. */
  expectedWithoutIpv6?: Expected;
  /** The effect that this Service demonstrates, in one line of the guide: 74 characters. */
  look: string;
  /** Further expectations in addition to the verdict. */
  shows?: {
    /** A finding of `warning` or worse, while its verdict lasts. */
    finding?: string;
    /** Kinds of drift that are counted within a minute. */
    drift?: readonly string[];
    /** Reference resolvers contradict cluster DNS. */
    disagreement?: true;
  };
  /** The data of cluster DNS in place of the spec: another target, or no record. */
  servedAs?: { externalName: string } | 'nothing';
  /** How cluster DNS misbehaves for queries for the alias, by query type. */
  tampers?: Readonly<Partial<Record<'A' | 'AAAA' | 'CNAME', Tamper>>>;
  /** It exists for the first `presentMs` of every `periodMs`. Absent: always. */
  comesAndGoes?: { periodMs: number; presentMs: number };
  /**
   * How often it is deleted and created again, with another UID; it does not exist before the first
   * time.
   */
  recreatedEveryMs?: number;
  /**
   * Its target alternates between two values, and cluster DNS serves the old one for another
   * `lagMs`.
   */
  edits?: { everyMs: number; lagMs: number; to: string };
}

const healthy: Expected = { verdict: 'healthy', blame: 'none', up: 1 };
const invalid: Expected = { verdict: 'invalid_target', blame: 'config', up: 0 };
const dangling: Expected = { verdict: 'target_nxdomain', blame: 'target', up: 0 };
const failing: Expected = { verdict: 'target_failing', blame: 'target', up: 0 };

/** A 66-byte label: the API server accepts it, but DNS does not (RFC 1035 section 2.3.4: 63). */
const longLabel = 'quarterly-revenue-and-margin-reports-for-the-finance-department-eu';

/** By verdict, in the order of the guide. */
export const scenarioServices: readonly ScenarioService[] = [
  {
    namespace: 'payments',
    name: 'card-gateway',
    externalName: 'gateway.cards.example.com',
    answers: { a: ['192.0.2.10', '192.0.2.11'], ttl: 60 },
    expected: healthy,
    look: 'The ordinary case, IPv4 only: AAAA ends in nodata, which is nothing bad.',
  },
  {
    namespace: 'payments',
    name: 'fraud-score',
    externalName: 'score.fraud.example.net',
    answers: { cname: 'score.edge.example.net', ttl: 300 },
    expected: healthy,
    look: 'Dual-stack behind a CDN: the target is itself a CNAME.',
  },
  {
    namespace: 'payments',
    name: 'bank-feed',
    externalName: 'feed.bank.example.net',
    answers: { a: ['203.0.113.30'], delayMs: 300 },
    expected: healthy,
    look: 'Its DNS takes 300 ms: slow, not failing. See the hops app and target.',
  },
  {
    namespace: 'checkout',
    name: 'card-gateway',
    externalName: 'gateway.cards.example.com',
    expected: healthy,
    look: 'The target of payments/card-gateway: asked once a round for both.',
  },
  {
    namespace: 'checkout',
    name: 'catalog',
    externalName: 'catalog.backend.svc.cluster.local',
    expected: healthy,
    shows: { finding: 'in_cluster_target' },
    look: 'An alias for a Service of another namespace, which exists.',
  },
  {
    namespace: 'checkout',
    name: 'vouchers',
    externalName: 'api.vouchers.example.net',
    answers: { a: ['198.51.100.105'] },
    selector: { app: 'vouchers' },
    expected: healthy,
    look: 'Its selector has no effect: the finding selector_ignored, for info.',
  },
  {
    namespace: 'checkout',
    name: 'partners',
    externalName: 'api.partners.example.net',
    answers: { a: ['198.51.100.106'] },
    annotations: { 'external-dns.alpha.kubernetes.io/hostname': 'partners.example.com' },
    expected: healthy,
    look: 'external-dns publishes it: the finding filled_by_controller, for info.',
  },
  {
    namespace: 'billing',
    name: 'ledger-db',
    externalName: 'ledger.db.example.net',
    expected: healthy,
    shows: { drift: ['addresses', 'replaced', 'network'] },
    look: 'A database that fails over every 40 s: externalname_target_changes_total.',
  },
  {
    namespace: 'media',
    name: 'streams',
    externalName: 'streams.cdn.example.net',
    expected: healthy,
    shows: { drift: ['addresses'] },
    look: 'Another 4 of 12 addresses each second: drift of addresses, and no more.',
  },
  {
    namespace: 'security',
    name: 'asset-proxy',
    externalName: 'assets.proxy.example.com',
    answers: { a: ['169.254.169.254'] },
    expected: healthy,
    shows: { finding: 'metadata_answer' },
    look: 'It resolves, to a cloud metadata address: a critical finding.',
  },
  {
    namespace: 'payments',
    name: 'tax-rates',
    externalName: 'rates.tax.example.com',
    expected: healthy,
    shows: { finding: 'signature_expires' },
    look: 'It resolves, and its DNSSEC signature ends in two days: after 20 s.',
  },
  {
    namespace: 'security',
    name: 'bank-portal',
    externalName: 'portal.bank.example.com',
    answers: { cname: 'portal.phish.example.net', ttl: 1 },
    expected: healthy,
    shows: { disagreement: true },
    look: 'Cluster DNS says another name than the reference resolver: disagreement.',
  },
  {
    namespace: 'com',
    name: 'example',
    externalName: 'gateway.cards.example.com',
    expected: healthy,
    shows: { finding: 'shadows_public_name' },
    look: 'Pods that ask for example.com get this Service: a critical finding.',
  },
  {
    namespace: 'payments',
    name: 'refunds',
    externalName: 'gateway.cards.example.com',
    annotations: { 'externalname-monitor/intervall': '5s' },
    expected: healthy,
    shows: { finding: 'unknown_annotation' },
    look: 'An annotation has a wrong name (intervall), and no effect.',
  },
  {
    namespace: 'network',
    name: 'wpad',
    externalName: 'gateway.cards.example.com',
    expected: healthy,
    shows: { finding: 'shadows_cluster_zone' },
    look: 'Programs look for wpad to find a proxy: a critical finding.',
  },
  {
    namespace: 'media',
    name: 'mirrors',
    externalName: 'mirrors.downloads.example.com',
    expected: healthy,
    look: 'Too many addresses for UDP: cut short, and asked again over TCP.',
  },
  {
    namespace: 'media',
    name: 'cdn-v6',
    externalName: 'edge6.cdn.example.net',
    answers: { aaaa: ['2001:db8:60::1'] },
    expected: healthy,
    expectedWithoutIpv6: { verdict: 'target_no_address', blame: 'config', up: 0 },
    look: 'IPv6 only: useless where pods have none, as with demo --families=ipv4.',
  },
  {
    namespace: 'ci',
    name: 'preview-417',
    externalName: 'pr-417.preview.example.com',
    answers: { a: ['192.0.2.80'] },
    expected: healthy,
    comesAndGoes: { periodMs: 12_000, presentMs: 8_000 },
    look: 'There for 8 s, gone for 4 s: its series go with it.',
  },
  {
    namespace: 'shop',
    name: 'storefront',
    externalName: 'blue.storefront.example.com',
    answers: { a: ['192.0.2.90'] },
    expected: healthy,
    edits: { everyMs: 15_000, lagMs: 3_000, to: 'green.storefront.example.com' },
    look: 'Edited every 15 s; cluster DNS follows 3 s later, within the deadline.',
  },
  {
    namespace: 'shop',
    name: 'coupons',
    externalName: 'coupons.shop.example.com',
    answers: { a: ['192.0.2.92'] },
    expected: healthy,
    look: 'Fails and recovers, see below.',
  },
  {
    namespace: 'shop',
    name: 'reviews',
    externalName: 'reviews.shop.example.com',
    answers: { a: ['192.0.2.93'], aaaa: ['2001:db8:93::1'] },
    expected: healthy,
    look: 'Fails and recovers, see below.',
  },
  {
    namespace: 'shop',
    name: 'stock',
    externalName: 'stock.shop.example.net',
    answers: { a: ['198.51.100.94'] },
    expected: healthy,
    look: 'Fails and recovers, see below.',
  },
  {
    namespace: 'ci',
    name: 'smoke-test',
    externalName: 'smoke-test.preview.example.com',
    answers: { a: ['192.0.2.81'] },
    servedAs: 'nothing',
    expected: { verdict: 'pending', blame: 'none' },
    recreatedEveryMs: 4_000,
    look: 'Recreated every 4 s: cluster DNS never catches up, and is not blamed.',
  },
  {
    namespace: 'security',
    name: 'file-drop',
    externalName: 'files.drop.example.net',
    answers: { a: ['203.0.113.200'] },
    expected: { verdict: 'untrusted_answer', blame: 'policy', up: 1 },
    shows: { finding: 'address_not_allowed' },
    look: 'Policy denies 203.0.113.128/25, and that is where it leads.',
  },
  {
    namespace: 'orders',
    name: 'search',
    externalName: 'search-v2.shop.example.com',
    answers: { a: ['192.0.2.42'] },
    servedAs: { externalName: 'search-v1.shop.example.com' },
    expected: { verdict: 'alias_mismatch', blame: 'cluster_dns', up: 1 },
    look: 'Cluster DNS missed an edit: it resolves, to the wrong place.',
  },
  {
    namespace: 'network',
    name: 'geo-lookup',
    externalName: 'geo.lookup.example.com',
    expected: { verdict: 'degraded', blame: 'target', up: 1 },
    look: 'The upstream says SERVFAIL to AAAA; cluster DNS hides that from pods.',
  },
  {
    namespace: 'network',
    name: 'mail-relay',
    externalName: 'relay.mail.example.net',
    expected: { verdict: 'family_failing', blame: 'target', up: 1 },
    look: 'The upstream never answers AAAA: pods have A, yet getaddrinfo stalls.',
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
    look: 'A label over 63 bytes: Kubernetes takes it, DNS cannot. Never queried.',
  },
  {
    namespace: 'finance',
    name: 'payroll',
    externalName: '192.0.2.256',
    expected: invalid,
    look: 'It looks like an IP address, and is none: no such name can exist.',
  },
  {
    namespace: 'finance',
    name: 'tax',
    externalName: 'vat.finance.svc.cluster.local',
    expected: invalid,
    look: 'An alias for finance/vat, which is an alias for finance/tax: a loop.',
  },
  {
    namespace: 'finance',
    name: 'vat',
    externalName: 'tax.finance.svc.cluster.local',
    expected: invalid,
    look: 'The other half of the loop.',
  },
  {
    namespace: 'finance',
    name: 'price-list',
    externalName: 'catalog.backend.svc',
    expected: invalid,
    look: 'Not fully qualified: with .cluster.local appended it would resolve.',
  },
  {
    namespace: 'finance',
    name: 'fx-rates',
    externalName: 'catalog.backend.cluster.local',
    expected: invalid,
    look: 'Without svc: the finding says catalog.backend.svc.cluster.local.',
  },
  {
    namespace: 'finance',
    name: 'archive',
    externalName: 'catalog.backend.svc.cluster.example',
    expected: invalid,
    look: 'The domain of another cluster: the finding says the name in this one.',
  },
  {
    namespace: 'finance',
    name: 'rates-cache',
    externalName: 'localhost',
    expected: invalid,
    look: 'localhost: each pod would talk to itself, and gets no answer at all.',
  },
  {
    namespace: 'network',
    name: 'telemetry',
    externalName: 'ingest.telemetry.example.com',
    answers: { a: ['192.0.2.102'] },
    tampers: { CNAME: drop, A: drop, AAAA: drop },
    expected: { verdict: 'cluster_dns_failing', blame: 'cluster_dns', up: 0 },
    look: 'Cluster DNS is silent about this alias. Its target is not to blame.',
  },
  {
    namespace: 'orders',
    name: 'gift-cards',
    externalName: 'gift.cards.example.com',
    answers: { a: ['192.0.2.43'] },
    servedAs: 'nothing',
    expected: { verdict: 'alias_missing', blame: 'cluster_dns', up: 0 },
    look: 'Cluster DNS does not know the Service: NXDOMAIN on the hop alias.',
  },
  {
    namespace: 'orders',
    name: 'legacy-db',
    externalName: 'db-old.warehouse.example.com',
    answers: { rcode: 'NXDOMAIN', negativeTtl: 900 },
    expected: dangling,
    look: 'Dangling: bare CNAME on app, NXDOMAIN on target, cached for 15 min.',
  },
  {
    namespace: 'orders',
    name: 'loyalty',
    externalName: 'api.lapsed-brand-417.com',
    answers: { rcode: 'NXDOMAIN', zone: 'com', negativeTtl: 900 },
    expected: dangling,
    shows: { finding: 'dangling_unregistered' },
    look: 'Its domain is not registered (SOA of com): anyone may register it.',
  },
  {
    namespace: 'orders',
    name: 'campaign',
    externalName: 'summer-campaign-417.azurewebsites.net',
    expected: dangling,
    shows: { finding: 'dangling_claimable' },
    look: 'Dangling: anyone may claim the name, and receive the traffic of pods.',
  },
  {
    namespace: 'checkout',
    name: 'wishlist',
    externalName: 'wishlist.backend.svc.cluster.local',
    expected: dangling,
    shows: { finding: 'in_cluster_target' },
    look: 'No such Service in the cluster: pods get an empty answer, and no hint.',
  },
  {
    namespace: 'orders',
    name: 'returns-desk',
    externalName: 'returns.desk.example.com',
    answers: {},
    expected: { verdict: 'target_no_address', blame: 'target', up: 0 },
    look: 'The target exists, without any address.',
  },
  {
    namespace: 'media',
    name: 'transcoder',
    externalName: 'jobs.transcoder.example.org',
    answers: {
      rcode: 'SERVFAIL',
      extendedError: { code: 9, text: 'no DNSKEY record for key transcoder.example.org' },
    },
    expected: failing,
    look: 'SERVFAIL with its reason (DNSSEC: no DNSKEY); a bare CNAME for pods.',
  },
  {
    namespace: 'media',
    name: 'encoder',
    externalName: 'queue.encoder.example.net',
    answers: { rcode: 'SERVFAIL' },
    expected: { verdict: 'target_failing', blame: 'upstream_dns', up: 0 },
    look: 'One resolver behind cluster DNS fails, the other answers: upstream_dns.',
  },
  {
    namespace: 'media',
    name: 'thumbnails',
    externalName: 'render.thumbnails.example.org',
    answers: { delayMs: Number.POSITIVE_INFINITY },
    expected: failing,
    look: 'The upstream never answers: every query ends in a timeout.',
  },
  {
    namespace: 'media',
    name: 'archive',
    externalName: 'tapes.archive.example.org',
    answers: { rcode: 'SERVFAIL' },
    expected: failing,
    look: 'All targets in example.org fail: one row, one page, one domain.',
  },
  {
    namespace: 'media',
    name: 'captions',
    externalName: 'texts.captions.example.org',
    answers: { rcode: 'SERVFAIL' },
    expected: failing,
    look: 'The same: api/v1/summary has the domains.',
  },
  {
    namespace: 'network',
    name: 'webhooks',
    externalName: 'hooks.partner.example.net',
    answers: { a: ['198.51.100.103'] },
    tampers: {
      A: bareCname('hooks.partner.example.net'),
      AAAA: bareCname('hooks.partner.example.net'),
    },
    expected: { verdict: 'app_view_broken', blame: 'cluster_dns', up: 0 },
    look: 'Alias and target work, pods get a bare CNAME from a cache (coredns#8232).',
  },
];
