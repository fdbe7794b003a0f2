import { NO_POLICY } from '../src/model/policy.ts';

/** The surroundings of a Service before anything has happened. */
export const AROUND = {
  clusterDomain: 'cluster.local',
  convergenceDeadlineMs: 60_000,
  inLoop: false,
  finalTarget: 'db.example.com',
  lossy: new Set<string>(),
  stale: false,
  zone: 'served',
  upstreamDown: false,
  upstreamRefused: false,
  upstreamFailing: false,
  refusingMany: false,
  servers: new Map(),
  listedAt: 0,
  policy: NO_POLICY,
  drift: { entries: 64, windowMs: 86_400_000 },
} as const;
