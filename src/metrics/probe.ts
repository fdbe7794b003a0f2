import { isFailure } from '../model/outcome.ts';
import type { Probed } from '../model/probed.ts';
import { type Family, QUERIES, type QueryResult, resultOf, TYPE_OF } from '../model/round.ts';
import type { Ruling } from '../state/judgement.ts';
import { type FamilyHead, headOf, labelsOf, numberText } from './text.ts';

/** A probe on demand, judged. */
export interface ProbeNow {
  readonly probed: Probed;
  readonly ruling: Ruling;
}

type Labels = Readonly<Record<string, string>>;

interface NowFamily extends FamilyHead {
  readonly samples: (now: ProbeNow) => readonly (readonly [number | undefined, Labels?])[];
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** Named apart from the families of /metrics: both may be scraped into one Prometheus. A public contract. */
export const NOW_FAMILIES: readonly NowFamily[] = [
  {
    name: 'externalname_now_up',
    help: 'Whether a pod that uses the name gets an address now; absent if unknown.',
    type: 'gauge',
    samples: ({ ruling }) => [[ruling.diagnosis.up]],
  },
  {
    name: 'externalname_now_verdict',
    help: 'Verdict of this probe and the component at fault, always 1. It queries once; regular rounds retry before a verdict gets worse.',
    type: 'gauge',
    samples: ({ ruling: { diagnosis } }) => [
      [1, { verdict: diagnosis.verdict, blame: diagnosis.blame }],
    ],
  },
  {
    name: 'externalname_now_duration_seconds',
    help: 'Duration of the whole probe.',
    type: 'gauge',
    samples: ({ probed }) => [[probed.seconds]],
  },
  {
    name: 'externalname_now_outcome',
    help: 'Outcome of each query, not folded, always 1.',
    type: 'gauge',
    samples: ({ probed: { round } }) =>
      QUERIES.flatMap(({ hop, type }) => {
        const result = resultOf(round, hop, type);
        return result ? [[1, { hop, type, outcome: result.outcome }] as const] : [];
      }),
  },
  {
    name: 'externalname_now_query_duration_seconds',
    help: 'Round-trip time of each query; absent if it got no reply, or if the time was not measured.',
    type: 'gauge',
    samples: ({ probed: { round } }) =>
      QUERIES.map(({ hop, type }) => [resultOf(round, hop, type)?.seconds, { hop, type }]),
  },
  {
    name: 'externalname_now_ttl_seconds',
    help: "Smallest TTL of each answer, as the server's cache reports it.",
    type: 'gauge',
    samples: ({ probed: { round } }) =>
      QUERIES.map(({ hop, type }) => [resultOf(round, hop, type)?.ttl, { hop, type }]),
  },
  {
    name: 'externalname_now_target_addresses',
    help: 'Addresses in the answer of the target hop; absent after an error.',
    type: 'gauge',
    samples: ({ probed: { round } }) =>
      FAMILIES.map((family) => [addressesOf(round.target?.[TYPE_OF[family]]), { family }]),
  },
];

function addressesOf(result: QueryResult | undefined): number | undefined {
  return result && !isFailure(result.outcome) ? result.addresses.length : undefined;
}

/** In Prometheus's text exposition format. */
export function probeMetrics(now: ProbeNow): string {
  const [namespace = '', service = ''] = now.probed.key.split('/');
  return NOW_FAMILIES.map((family) => {
    const lines = family
      .samples(now)
      .filter(([value]) => value !== undefined)
      .map(
        ([value = 0, labels]) =>
          `${family.name}{${labelsOf({ namespace, service, ...labels })}} ${numberText(value)}\n`,
      );
    return lines.length > 0 ? headOf(family) + lines.join('') : '';
  }).join('');
}
