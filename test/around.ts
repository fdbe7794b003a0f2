import { NO_POLICY } from '../src/model/policy.ts';

/** What a record is judged by where nothing has happened yet. */
export const AROUND = {
  families: ['ipv4'],
  recordTypes: ['A', 'AAAA'],
  clusterDomain: 'cluster.local',
  convergenceDeadlineMs: 60_000,
  inLoop: false,
  stale: false,
  upstreamFailing: false,
  refusingMany: false,
  servers: new Map(),
  listedAt: 0,
  policy: NO_POLICY,
  drift: { entries: 64, windowMs: 86_400_000 },
} as const;
