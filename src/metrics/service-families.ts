import { CHANGE_KINDS, type ChangeKind } from '../model/drift.ts';
import { EXTENDED_ERRORS, extendedErrorRow } from '../model/extended-error.ts';
import { isAtLeast, LEVELS, type Level, RULES } from '../model/finding.ts';
import { FOLDED_OUTCOMES } from '../model/outcome.ts';
import { type Family, HOPS, QUERIES } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { timestampOf } from '../model/time.ts';
import { DURATION_BUCKETS } from '../state/histogram.ts';
import { reasonOfRecord, recoveryOfRecord } from '../state/outlook.ts';
import type { ServiceRecord } from '../state/record.ts';
import { targetDomain } from '../state/target-domain.ts';
import { setHash } from './hash.ts';
import { type FamilyHead, labelsOf } from './text.ts';

/**
 * Writes one sample of a Service. `labels`: pairs beside `namespace` and `service`, as text, since most
 * are constants; `suffix`: `_bucket`, `_sum`, `_count` of a histogram.
 */
export type Emit = (value: number, labels?: string, suffix?: string) => void;

export interface ServiceFamily extends FamilyHead {
  /** Beside `namespace` and `service`; `label_*` is any that begins so. */
  readonly labels: readonly string[];
  /** A function that emits, and not an iterable: this runs for every family on every round of every Service. */
  readonly samples: (record: ServiceRecord, emit: Emit, shown: Shown) => void;
}

/** What the operator has set. */
export interface Shown {
  readonly clusterDomain: string;
  /** Findings of this level and above are shown. */
  readonly findingLevel: Level;
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

// Texts that never change are made once: rendering a Service must not build them anew on each round.
const QUERY_LABELS = new Map(
  QUERIES.map(({ hop, type }) => [`${hop} ${type}`, labelsOf({ hop, type })]),
);
const OUTCOME_LABELS = new Map(
  QUERIES.flatMap(({ hop, type }) =>
    FOLDED_OUTCOMES.map((outcome) => [
      `${hop} ${type} ${outcome}`,
      labelsOf({ hop, type, outcome }),
    ]),
  ),
);
const HOP_LABELS = new Map(HOPS.map((hop) => [hop, labelsOf({ hop })]));
const BUCKET_LABELS = new Map(
  HOPS.map((hop) => [
    hop,
    [...DURATION_BUCKETS, '+Inf'].map((le) => labelsOf({ hop, le: String(le) })),
  ]),
);
const FAMILY_LABELS = new Map(FAMILIES.map((family) => [family, labelsOf({ family })]));
const KINDS = Object.keys(CHANGE_KINDS) as ChangeKind[];
const KIND_LABELS = new Map(KINDS.map((kind) => [kind, labelsOf({ kind })]));
const FINDING_LABELS = new Map(
  RULES.flatMap((rule) =>
    LEVELS.map((level) => [`${rule} ${level}`, labelsOf({ rule, level })] as const),
  ),
);
const ERROR_LABELS = new Map(
  EXTENDED_ERRORS.map(({ name }) => [name, labelsOf({ extended_error: name })]),
);
const UNASSIGNED = labelsOf({ extended_error: 'unassigned' });
const UP = labelsOf({ result: 'up' });
const DOWN = labelsOf({ result: 'down' });

/** The per-Service families in the order in which `/metrics` has them. Names and labels are a public contract. */
export const SERVICE_FAMILIES: readonly ServiceFamily[] = [
  {
    name: 'externalname_service_info',
    help: 'The spec of an ExternalName Service, always 1.',
    type: 'gauge',
    labels: ['external_name', 'target_domain', 'annotation_severity', 'label_*'],
    samples: ({ spec }, emit, { clusterDomain }) =>
      emit(1, labelsOf(infoLabels(spec, clusterDomain))),
  },
  {
    name: 'externalname_service_up',
    help: 'Whether a pod that uses the name gets an address; absent before the first finished round.',
    type: 'gauge',
    labels: [],
    samples: ({ diagnosis: { up } }, emit) => emitKnown(up, emit),
  },
  {
    name: 'externalname_service_verdict',
    help: 'The current verdict and whom to blame, always 1.',
    type: 'gauge',
    labels: ['verdict', 'blame'],
    samples: ({ diagnosis: { verdict, blame } }, emit) => emit(1, labelsOf({ verdict, blame })),
  },
  {
    name: 'externalname_service_rounds_total',
    help: 'Finished rounds by whether the app hop got an address.',
    type: 'counter',
    labels: ['result'],
    samples({ rounds }, emit) {
      emit(rounds.up, UP);
      emit(rounds.down, DOWN);
    },
  },
  {
    name: 'externalname_probes_total',
    help: 'Finished queries by hop, question type and outcome, those asked again before a failure is believed included.',
    type: 'counter',
    labels: ['hop', 'type', 'outcome'],
    samples({ queries }, emit) {
      for (const { hop, type, outcomes } of queries) {
        for (const word of FOLDED_OUTCOMES) {
          const value = outcomes[word];
          if (value !== undefined) emit(value, OUTCOME_LABELS.get(`${hop} ${type} ${word}`));
        }
      }
    },
  },
  {
    name: 'externalname_probe_duration_seconds',
    help: 'Round-trip time of answered queries by hop.',
    type: 'histogram',
    labels: ['hop'],
    samples({ durations }, emit) {
      if (!durations) return;
      for (const hop of HOPS) {
        const { counts, sum } = durations[hop];
        let cumulated = 0;
        for (let i = 0; i < counts.length; i++) {
          cumulated += counts[i] ?? 0;
          emit(cumulated, BUCKET_LABELS.get(hop)?.[i], '_bucket');
        }
        emit(sum, HOP_LABELS.get(hop), '_sum');
        emit(cumulated, HOP_LABELS.get(hop), '_count');
      }
    },
  },
  {
    name: 'externalname_probe_last_duration_seconds',
    help: 'Round-trip time of the last query; absent if it got no reply, or if the time was not measured.',
    type: 'gauge',
    labels: ['hop', 'type'],
    samples({ queries }, emit) {
      for (const { hop, type, lastSeconds } of queries) {
        emitKnown(lastSeconds, emit, QUERY_LABELS.get(`${hop} ${type}`));
      }
    },
  },
  {
    name: 'externalname_last_probe_timestamp_seconds',
    help: 'When the last round ended, in seconds since the epoch.',
    type: 'gauge',
    labels: [],
    samples: ({ lastProbeAt }, emit) => emitTimestamp(lastProbeAt, emit),
  },
  {
    name: 'externalname_last_success_timestamp_seconds',
    help: 'When a round last got an address for pods, in seconds since the epoch.',
    type: 'gauge',
    labels: [],
    samples: ({ lastSuccessAt }, emit) => emitTimestamp(lastSuccessAt, emit),
  },
  {
    name: 'externalname_answer_ttl_seconds',
    help: "Smallest TTL of the last answer, as the server's cache reports it.",
    type: 'gauge',
    labels: ['hop', 'type'],
    samples({ queries }, emit) {
      for (const { hop, type, ttl } of queries) {
        emitKnown(ttl, emit, QUERY_LABELS.get(`${hop} ${type}`));
      }
    },
  },
  {
    name: 'externalname_alias_matches_spec',
    help: 'Whether the served CNAME is spec.externalName; absent unless there was a CNAME.',
    type: 'gauge',
    labels: [],
    samples({ round }, emit) {
      const outcome = round?.alias?.outcome;
      if (outcome === 'ok' || outcome === 'mismatch') emit(outcome === 'ok' ? 1 : 0);
    },
  },
  {
    name: 'externalname_target_addresses',
    help: "Addresses in the target's last answer; 0 after NODATA and NXDOMAIN, unchanged by errors.",
    type: 'gauge',
    labels: ['family'],
    samples({ targetAddresses }, emit) {
      for (const family of FAMILIES) {
        emitKnown(targetAddresses[family]?.length, emit, FAMILY_LABELS.get(family));
      }
    },
  },
  {
    name: 'externalname_target_set_hash',
    help: "Order-insensitive 32-bit hash of the target's addresses; it changes when they do.",
    type: 'gauge',
    labels: ['family'],
    samples({ targetAddresses }, emit) {
      for (const family of FAMILIES) {
        const addresses = targetAddresses[family];
        if (addresses) emit(setHash(addresses), FAMILY_LABELS.get(family));
      }
    },
  },
  {
    name: 'externalname_target_changes_total',
    help: "Changes of the target's answers by kind: normal ones of its addresses, and those that mean that it has moved.",
    type: 'counter',
    labels: ['kind'],
    samples({ changes }, emit) {
      for (const kind of KINDS) emit(changes[kind], KIND_LABELS.get(kind));
    },
  },
  {
    name: 'externalname_target_last_change_timestamp_seconds',
    help: 'When the answers of the target last changed by kind, in seconds since the epoch; absent until they do.',
    type: 'gauge',
    labels: ['kind'],
    samples({ lastChange }, emit) {
      for (const kind of KINDS) {
        emitTimestamp(lastChange[kind], emit, KIND_LABELS.get(kind));
      }
    },
  },
  {
    name: 'externalname_target_signature_expiry_timestamp_seconds',
    help: 'When the first DNSSEC signature in the answer for the target ends, in seconds since the epoch; absent without --dnssec-horizon, and where it is not signed.',
    type: 'gauge',
    labels: [],
    samples({ signed }, emit) {
      if (signed) emit(signed.endsAt / 1000);
    },
  },
  {
    name: 'externalname_target_negative_ttl_seconds',
    help: 'How long the negative answer for the target may still be cached, after its zone has been corrected; absent while it is not negative.',
    type: 'gauge',
    labels: [],
    samples: (record, emit) => emitKnown(recoveryOfRecord(record)?.seconds, emit),
  },
  {
    name: 'externalname_target_extended_error',
    help: 'The reason that the server gives for the missing answer of the target, always 1; absent where it gives none.',
    type: 'gauge',
    labels: ['extended_error'],
    samples(record, emit) {
      const reason = reasonOfRecord(record);
      if (reason) emit(1, ERROR_LABELS.get(extendedErrorRow(reason.error.code).name) ?? UNASSIGNED);
    },
  },
  {
    name: 'externalname_spec_changes_total',
    help: 'Edits of spec.externalName seen.',
    type: 'counter',
    labels: [],
    samples: ({ specChanges }, emit) => emit(specChanges),
  },
  {
    name: 'externalname_finding',
    help: 'A risk or mistake that is visible in the spec or in answers, always 1; present while it holds.',
    type: 'gauge',
    labels: ['rule', 'level'],
    samples({ findings }, emit, { findingLevel }) {
      for (const { rule, level } of findings) {
        if (isAtLeast(level, findingLevel)) emit(1, FINDING_LABELS.get(`${rule} ${level}`));
      }
    },
  },
  {
    name: 'externalname_resolver_disagreement',
    help: 'Whether reference resolvers contradict cluster DNS; absent for targets that they are not asked for.',
    type: 'gauge',
    labels: [],
    samples({ reference }, emit) {
      if (reference) emit(reference.disagrees ? 1 : 0);
    },
  },
];

/** The families for when there are too many Services for histograms of each. */
export const WITHOUT_HISTOGRAMS = SERVICE_FAMILIES.filter(({ type }) => type !== 'histogram');

function emitKnown(value: number | undefined, emit: Emit, labels?: string): void {
  if (value !== undefined) emit(value, labels);
}

function emitTimestamp(at: number | undefined, emit: Emit, labels?: string): void {
  if (at !== undefined) emit(timestampOf(at), labels);
}

function infoLabels(
  { externalName, target, labels, settings }: ServiceSpec,
  clusterDomain: string,
): Record<string, string> {
  const domain = targetDomain(target, clusterDomain);
  const named = Object.entries(labels).map(([name, value]) => [labelName(name), value] as const);
  return {
    external_name: externalName,
    ...(domain === undefined ? {} : { target_domain: domain }),
    ...(settings.severity ? { annotation_severity: settings.severity } : {}),
    ...Object.fromEntries(named),
  };
}

/** `app.kubernetes.io/name` → `label_app_kubernetes_io_name`, as kube-state-metrics has it. */
function labelName(name: string): string {
  return `label_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`;
}
