/** What happens every so often in the demo, as data. Between two events everything is as its Service promises. */
import type { UpstreamName } from './dns-internet.ts';
import { type Tamper, withRcode } from './dns-tamper.ts';
import type { Expected } from './scenario-services.ts';

export interface ScenarioEvent {
  /** It is on from `fromMs` to `untilMs` of every `periodMs` since the start. */
  periodMs: number;
  fromMs: number;
  untilMs: number;
  /** Names outside the cluster, and what they answer meanwhile. */
  upstreams?: Readonly<Record<string, UpstreamName>>;
  /** Names for which cluster DNS misbehaves meanwhile. */
  tampers?: Readonly<Record<string, Tamper>>;
  /** What is said meanwhile, by `namespace/name`; there may be more Services to which it happens. */
  shows: Readonly<Record<string, Expected>>;
  /** Those to whom it happens, for the guide. */
  who: string;
  /** As `look` of a Service. */
  look: string;
  /** Said when it begins and when it has ended, if it reaches Services that are steady otherwise. */
  announced?: { begins: string; ends: string };
}

const periodMs = 60_000;
const upstreamFailing: Expected = { verdict: 'target_failing', blame: 'upstream_dns', up: 0 };

export const scenarioEvents: readonly ScenarioEvent[] = [
  {
    periodMs,
    fromMs: 20_000,
    untilMs: 26_000,
    // The name that the monitor asks for to learn whether it has the right cluster domain.
    tampers: { 'kubernetes.default.svc.cluster.local': withRcode('NXDOMAIN') },
    shows: {
      'payments/card-gateway': { verdict: 'unknown', blame: 'monitor', up: 1 },
      'orders/legacy-db': { verdict: 'unknown', blame: 'monitor' },
    },
    who: 'all that is asked',
    look: 'For 6 s a minute as if --cluster-domain were wrong: unknown, and no alarm.',
    announced: {
      begins: 'control query NXDOMAIN for 6 s: all is unknown, for the cluster domain may be wrong',
      ends: 'control query works again',
    },
  },
  {
    periodMs,
    fromMs: 30_000,
    untilMs: 38_000,
    upstreams: { 'coupons.shop.example.com': { rcode: 'NXDOMAIN' } },
    shows: { 'shop/coupons': { verdict: 'target_nxdomain', blame: 'target', up: 0 } },
    who: 'shop/coupons',
    look: 'For 8 s a minute its target does not exist.',
  },
  {
    periodMs,
    fromMs: 44_000,
    untilMs: 54_000,
    upstreams: {
      'reviews.shop.example.com': { rcode: 'SERVFAIL' },
      'stock.shop.example.net': { rcode: 'SERVFAIL' },
    },
    shows: {
      'shop/reviews': upstreamFailing,
      'shop/stock': upstreamFailing,
      'media/transcoder': upstreamFailing,
      'media/thumbnails': upstreamFailing,
    },
    who: 'shop/*, media/*',
    look: 'For 10 s a minute three domains fail at once: blame turns to upstream_dns.',
    announced: {
      begins: 'targets of three domains fail for 10 s: blame turns from target to upstream_dns',
      ends: 'only targets of one domain fail: blame turns back to target',
    },
  },
];
