/**
 * Recurring events of the demo, as data. Between two events every Service has its usual verdict.
 */
import type { UpstreamName } from '../dns/internet.ts';
import type { TamperMatch } from '../dns/server.ts';
import { type Tamper, withRcode } from '../dns/tamper.ts';
import { scenarioInternet } from './internet.ts';
import type { Expected } from './services.ts';
import { scenarioZone } from './zone.ts';

export interface ScenarioEvent {
  /** The event is active from `fromMs` to `untilMs` of every `periodMs` since the start. */
  periodMs: number;
  fromMs: number;
  untilMs: number;
  /** Answers for names outside the cluster during the event. */
  upstreams?: Readonly<Record<string, UpstreamName>>;
  /** The misbehaviour of cluster DNS during the event, and the affected names. */
  tamper?: readonly [Tamper, TamperMatch];
  /**
   * Expected verdicts during the event, by `namespace/name`; other Services may be affected as
   * well.
   */
  shows: Readonly<Record<string, Expected>>;
  /** The affected Services, for the guide. */
  who: string;
  /** The same as `look` of a Service. */
  look: string;
  /** Printed when the event begins and ends, if it affects Services that are steady otherwise. */
  announced?: { begins: string; ends: string };
}

const periodMs = 60_000;
const DOWN: UpstreamName = { rcode: 'SERVFAIL' };
const lostZone: Expected = { verdict: 'cluster_dns_failing', blame: 'cluster_dns', up: 0 };
const upstreamFailing: Expected = { verdict: 'target_failing', blame: 'upstream_dns', up: 0 };

export const scenarioEvents: readonly ScenarioEvent[] = [
  {
    periodMs,
    fromMs: 20_000,
    untilMs: 26_000,
    tamper: [withRcode('NXDOMAIN'), { zone: scenarioZone }],
    shows: {
      'payments/card-gateway': lostZone,
      'orders/legacy-db': lostZone,
    },
    who: 'all Services',
    look: 'For 6 s a minute cluster DNS has lost the zone of the cluster.',
    announced: {
      begins: 'cluster DNS denies every name of the cluster for 6 s: it has lost its zone',
      ends: 'cluster DNS serves the zone of the cluster again',
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
    tamper: [withRcode('SERVFAIL'), { outside: scenarioZone }],
    upstreams: Object.fromEntries(Object.keys(scenarioInternet).map((name) => [name, DOWN])),
    shows: {
      'shop/reviews': upstreamFailing,
      'shop/stock': upstreamFailing,
      // It has failed before, so this outage is not the cause.
      'media/transcoder': { verdict: 'target_failing', blame: 'target', up: 0 },
    },
    who: 'targets outside',
    look: 'For 10 s a minute all fail at once: blame upstream_dns.',
    announced: {
      begins:
        'all targets fail for 10 s: blame upstream_dns, except for targets that failed before',
      ends: 'targets are resolved again',
    },
  },
];
