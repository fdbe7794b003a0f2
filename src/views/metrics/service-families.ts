import type { Family } from '../../model/round.ts';
import { HOPS } from '../../model/round.ts';
import { DURATION_BUCKETS } from '../../state/histogram.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { setHash } from './hash.ts';
import type { FamilyHead } from './text.ts';

/** One sample: labels beside `namespace` and `service`, its value, and `_bucket`, `_sum`, `_count` for histograms. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  readonly suffix?: string;
}

export interface ServiceFamily extends FamilyHead {
  readonly samples: (record: ServiceRecord) => Iterable<Sample>;
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** The per-Service families in the order in which `/metrics` has them. Names and labels are a public contract. */
export const SERVICE_FAMILIES: readonly ServiceFamily[] = [
  {
    name: 'externalname_service_info',
    help: 'The spec of an ExternalName Service, always 1.',
    type: 'gauge',
    samples: ({ spec }) => [{ labels: { external_name: spec.externalName }, value: 1 }],
  },
  {
    name: 'externalname_service_up',
    help: 'Whether a pod that uses the name gets an address; absent before the first finished round.',
    type: 'gauge',
    samples: ({ diagnosis: { up } }) => (up === undefined ? [] : [{ value: up }]),
  },
  {
    name: 'externalname_service_verdict',
    help: 'The current verdict and whom to blame, always 1.',
    type: 'gauge',
    samples: ({ diagnosis: { verdict, blame } }) => [{ labels: { verdict, blame }, value: 1 }],
  },
  {
    name: 'externalname_service_rounds_total',
    help: 'Finished rounds by whether the app hop got an address.',
    type: 'counter',
    samples: ({ rounds }) => [
      { labels: { result: 'up' }, value: rounds.up },
      { labels: { result: 'down' }, value: rounds.down },
    ],
  },
  {
    name: 'externalname_probes_total',
    help: 'Finished queries by hop, question type and outcome, those asked again before a failure is believed included.',
    type: 'counter',
    *samples({ queries }) {
      for (const { hop, type, outcomes } of queries) {
        for (const [outcome, value] of Object.entries(outcomes)) {
          yield { labels: { hop, type, outcome }, value };
        }
      }
    },
  },
  {
    name: 'externalname_probe_duration_seconds',
    help: 'Round-trip time of answered queries by hop.',
    type: 'histogram',
    *samples({ durations }) {
      for (const hop of HOPS) {
        const { counts, sum } = durations[hop];
        let cumulated = 0;
        for (const [i, count] of counts.entries()) {
          cumulated += count;
          const le = String(DURATION_BUCKETS[i] ?? '+Inf');
          yield { labels: { hop, le }, value: cumulated, suffix: '_bucket' };
        }
        yield { labels: { hop }, value: sum, suffix: '_sum' };
        yield { labels: { hop }, value: cumulated, suffix: '_count' };
      }
    },
  },
  {
    name: 'externalname_probe_last_duration_seconds',
    help: 'Round-trip time of the last query; absent if it got no reply.',
    type: 'gauge',
    *samples({ queries }) {
      for (const { hop, type, lastSeconds } of queries) {
        if (lastSeconds !== undefined) yield { labels: { hop, type }, value: lastSeconds };
      }
    },
  },
  {
    name: 'externalname_last_probe_timestamp_seconds',
    help: 'When the last round ended, in seconds since the epoch.',
    type: 'gauge',
    samples: ({ lastProbeAt }) => timestamp(lastProbeAt),
  },
  {
    name: 'externalname_last_success_timestamp_seconds',
    help: 'When a round last got an address for pods, in seconds since the epoch.',
    type: 'gauge',
    samples: ({ lastSuccessAt }) => timestamp(lastSuccessAt),
  },
  {
    name: 'externalname_answer_ttl_seconds',
    help: "Smallest TTL of the last answer, as the server's cache reports it.",
    type: 'gauge',
    *samples({ queries }) {
      for (const { hop, type, ttl } of queries) {
        if (ttl !== undefined) yield { labels: { hop, type }, value: ttl };
      }
    },
  },
  {
    name: 'externalname_alias_matches_spec',
    help: 'Whether the served CNAME is spec.externalName; absent unless there was a CNAME.',
    type: 'gauge',
    samples({ round }) {
      const outcome = round?.alias?.outcome;
      if (outcome !== 'ok' && outcome !== 'mismatch') return [];
      return [{ value: outcome === 'ok' ? 1 : 0 }];
    },
  },
  {
    name: 'externalname_target_addresses',
    help: "Addresses in the target's last answer; 0 after NODATA and NXDOMAIN, unchanged by errors.",
    type: 'gauge',
    *samples({ targetAddresses }) {
      for (const family of FAMILIES) {
        const addresses = targetAddresses[family];
        if (addresses) yield { labels: { family }, value: addresses.length };
      }
    },
  },
  {
    name: 'externalname_target_set_hash',
    help: "Order-insensitive 32-bit hash of the target's addresses; it changes when they do.",
    type: 'gauge',
    *samples({ targetAddresses }) {
      for (const family of FAMILIES) {
        const addresses = targetAddresses[family];
        if (addresses) yield { labels: { family }, value: setHash(addresses) };
      }
    },
  },
];

function timestamp(ms: number | undefined): Sample[] {
  return ms === undefined ? [] : [{ value: ms / 1000 }];
}
