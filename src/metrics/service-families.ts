import { CHANGE_KINDS, type ChangeKind } from '../model/drift.ts';
import { extendedErrorRow } from '../model/extended-error.ts';
import { isAtLeast, type Level } from '../model/finding.ts';
import { newWindowOf } from '../model/newness.ts';
import { FOLDED_OUTCOMES } from '../model/outcome.ts';
import { type Family, HOPS, QUERIES } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { steadyNow, timestampOf } from '../model/time.ts';
import type { Histogram } from '../state/histogram.ts';
import { reasonOfRecord, recoveryOfRecord } from '../state/outlook.ts';
import type { ServiceRecord } from '../state/record.ts';
import { targetDomain } from '../state/target-domain.ts';
import { setHash } from './hash.ts';
import { keptLabels, Labels } from './labels.ts';
import type { FamilyHead } from './text.ts';

/** Where the samples of one Service in one family go. */
export interface Samples {
  value(value: number, labels?: Labels): void;
  histogram(histogram: Histogram, labels?: Labels): void;
}

export interface ServiceFamily extends FamilyHead {
  /** Beside `namespace` and `service`; `label_*` is any that begins so. */
  readonly labels: readonly string[];
  /** Calls `to`, and returns no iterable: this runs for every family of every Service on each scrape. */
  readonly samples: (record: ServiceRecord, to: Samples, shown: Shown) => void;
}

/** What the operator has set. */
export interface Shown {
  readonly clusterDomain: string;
  /** Findings of this level and above are shown. */
  readonly findingLevel: Level;
  /** The steady clock, unless a test has another one. */
  readonly now?: () => number;
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];
const KINDS = Object.keys(CHANGE_KINDS) as ChangeKind[];

// Labels that never change are made once. Those of queries are in the order of QUERIES, as the queries of a record are.
const QUERY_LABELS = QUERIES.map(({ hop, type }) => new Labels({ hop, type }));
const OUTCOME_LABELS = QUERIES.map(({ hop, type }) =>
  FOLDED_OUTCOMES.map((outcome) => new Labels({ hop, type, outcome })),
);
const HOP_LABELS = HOPS.map((hop) => new Labels({ hop }));
const FAMILY_LABELS = FAMILIES.map((family) => new Labels({ family }));
const KIND_LABELS = KINDS.map((kind) => new Labels({ kind }));
const UP = new Labels({ result: 'up' });
const DOWN = new Labels({ result: 'down' });
const verdictLabels = keptLabels((verdict = '', blame = '') => ({ verdict, blame }));
const newLabels = keptLabels((window = '', verdict = '', blame = '') => ({
  window,
  verdict,
  blame,
}));
const findingLabels = keptLabels((rule = '', level = '') => ({ rule, level }));
const errorLabels = keptLabels((extended_error = '') => ({ extended_error }));

/** The per-Service families in the order in which `/metrics` has them. Names and labels are a public contract. */
export const SERVICE_FAMILIES: readonly ServiceFamily[] = [
  {
    name: 'externalname_service_info',
    help: 'The spec of an ExternalName Service, always 1.',
    type: 'gauge',
    labels: [
      'external_name',
      'target_domain',
      'annotation_severity',
      'annotation_alert_severity',
      'label_*',
    ],
    samples: ({ spec }, to, { clusterDomain }) =>
      to.value(1, new Labels(infoLabels(spec, clusterDomain))),
  },
  {
    name: 'externalname_service_up',
    help: 'Whether a pod that uses the name gets an address; absent before the first finished round.',
    type: 'gauge',
    labels: [],
    samples: ({ diagnosis: { up } }, to) => known(up, to),
  },
  {
    name: 'externalname_service_verdict',
    help: 'Current verdict and the component at fault, always 1.',
    type: 'gauge',
    labels: ['verdict', 'blame'],
    samples: ({ diagnosis: { verdict, blame } }, to) => to.value(1, verdictLabels(verdict, blame)),
  },
  {
    name: 'externalname_service_newly_failing',
    help: 'A Service that began to fail in the last 15 minutes (window 15m) or 15 to 60 minutes ago (window 60m), with its verdict and the component at fault, always 1; absent while it is healthy, after that time, and if the start is unknown.',
    type: 'gauge',
    labels: ['window', 'verdict', 'blame'],
    samples({ badSince, diagnosis: { verdict, blame } }, to, { now = steadyNow }) {
      const window = badSince && newWindowOf(badSince, now());
      if (window) to.value(1, newLabels(window, verdict, blame));
    },
  },
  {
    name: 'externalname_service_down_since_timestamp_seconds',
    help: 'When the present outage began, in seconds since the epoch; absent while pods get an address, and if it began before the monitor first looked.',
    type: 'gauge',
    labels: [],
    samples({ badSince }, to) {
      if (badSince?.isDown && badSince.isExact) timestamp(badSince.at, to);
    },
  },
  {
    name: 'externalname_service_rounds_total',
    help: 'Finished rounds by whether the app hop got an address.',
    type: 'counter',
    labels: ['result'],
    samples({ rounds }, to) {
      to.value(rounds.up, UP);
      to.value(rounds.down, DOWN);
    },
  },
  {
    name: 'externalname_probes_total',
    help: 'Finished queries by hop, question type and outcome, including the retries that confirm a failure.',
    type: 'counter',
    labels: ['hop', 'type', 'outcome'],
    samples({ queries }, to) {
      for (let q = 0; q < queries.length; q++) {
        for (let i = 0; i < FOLDED_OUTCOMES.length; i++) {
          const value = queries[q]?.outcomes[FOLDED_OUTCOMES[i] ?? 'ok'];
          if (value !== undefined) to.value(value, OUTCOME_LABELS[q]?.[i]);
        }
      }
    },
  },
  {
    name: 'externalname_probe_duration_seconds',
    help: 'Round-trip time of answered queries by hop.',
    type: 'histogram',
    labels: ['hop'],
    samples({ durations }, to) {
      if (!durations) return;
      for (const [i, hop] of HOPS.entries()) {
        to.histogram(durations[hop], HOP_LABELS[i]);
      }
    },
  },
  {
    name: 'externalname_probe_last_duration_seconds',
    help: 'Round-trip time of the last query; absent if it got no reply, or if the time was not measured.',
    type: 'gauge',
    labels: ['hop', 'type'],
    samples({ queries }, to) {
      for (let q = 0; q < queries.length; q++) known(queries[q]?.lastSeconds, to, QUERY_LABELS[q]);
    },
  },
  {
    name: 'externalname_last_probe_timestamp_seconds',
    help: 'When the last round ended, in seconds since the epoch.',
    type: 'gauge',
    labels: [],
    samples: ({ lastProbeAt }, to) => timestamp(lastProbeAt, to),
  },
  {
    name: 'externalname_last_success_timestamp_seconds',
    help: 'When a round last got an address for pods, in seconds since the epoch.',
    type: 'gauge',
    labels: [],
    samples: ({ lastSuccessAt }, to) => timestamp(lastSuccessAt, to),
  },
  {
    name: 'externalname_answer_ttl_seconds',
    help: "Smallest TTL of the last answer, as the server's cache reports it.",
    type: 'gauge',
    labels: ['hop', 'type'],
    samples({ queries }, to) {
      for (let q = 0; q < queries.length; q++) known(queries[q]?.ttl, to, QUERY_LABELS[q]);
    },
  },
  {
    name: 'externalname_alias_matches_spec',
    help: 'Whether the served CNAME is spec.externalName; absent unless there was a CNAME.',
    type: 'gauge',
    labels: [],
    samples({ round }, to) {
      const outcome = round?.alias?.outcome;
      if (outcome === 'ok' || outcome === 'mismatch') to.value(outcome === 'ok' ? 1 : 0);
    },
  },
  {
    name: 'externalname_target_addresses',
    help: "Addresses in the target's last answer; 0 after NODATA and NXDOMAIN, unchanged by errors.",
    type: 'gauge',
    labels: ['family'],
    samples({ targetAddresses }, to) {
      for (const [i, family] of FAMILIES.entries()) {
        known(targetAddresses[family]?.length, to, FAMILY_LABELS[i]);
      }
    },
  },
  {
    name: 'externalname_target_set_hash',
    help: "Order-insensitive 32-bit hash of the target's addresses; it changes when they do.",
    type: 'gauge',
    labels: ['family'],
    samples({ targetAddresses }, to) {
      for (const [i, family] of FAMILIES.entries()) {
        const addresses = targetAddresses[family];
        if (addresses) to.value(setHash(addresses), FAMILY_LABELS[i]);
      }
    },
  },
  {
    name: 'externalname_target_changes_total',
    help: "Changes of the target's answers by kind: normal rotations of its addresses, and signs that it has moved.",
    type: 'counter',
    labels: ['kind'],
    samples({ changes }, to) {
      for (const [i, kind] of KINDS.entries()) to.value(changes[kind], KIND_LABELS[i]);
    },
  },
  {
    name: 'externalname_target_last_change_timestamp_seconds',
    help: 'When the answers of the target last changed by kind, in seconds since the epoch; absent until they do.',
    type: 'gauge',
    labels: ['kind'],
    samples({ lastChange }, to) {
      for (const [i, kind] of KINDS.entries()) timestamp(lastChange[kind], to, KIND_LABELS[i]);
    },
  },
  {
    name: 'externalname_target_signature_expiry_timestamp_seconds',
    help: 'When the first DNSSEC signature in the answer for the target expires, in seconds since the epoch; absent without --dnssec-horizon, and if the answer is not signed.',
    type: 'gauge',
    labels: [],
    samples({ signed }, to) {
      if (signed) to.value(signed.endsAt / 1000);
    },
  },
  {
    name: 'externalname_target_negative_ttl_seconds',
    help: 'How long caches may keep the negative answer for the target after its zone has been corrected; absent if the answer is not negative.',
    type: 'gauge',
    labels: [],
    samples: (record, to) => known(recoveryOfRecord(record)?.seconds, to),
  },
  {
    name: 'externalname_target_extended_error',
    help: 'The reason that the server gives for a missing answer of the target, always 1; absent if it gives none.',
    type: 'gauge',
    labels: ['extended_error'],
    samples(record, to) {
      const reason = reasonOfRecord(record);
      if (reason) to.value(1, errorLabels(extendedErrorRow(reason.error.code).name));
    },
  },
  {
    name: 'externalname_spec_changes_total',
    help: 'Edits of spec.externalName seen.',
    type: 'counter',
    labels: [],
    samples: ({ specChanges }, to) => to.value(specChanges),
  },
  {
    name: 'externalname_finding',
    help: 'A risk or mistake that is visible in the spec or in answers, always 1; absent when it no longer holds.',
    type: 'gauge',
    labels: ['rule', 'level'],
    samples({ findings }, to, { findingLevel }) {
      for (const { rule, level } of findings) {
        if (isAtLeast(level, findingLevel)) to.value(1, findingLabels(rule, level));
      }
    },
  },
  {
    name: 'externalname_resolver_disagreement',
    help: 'Whether reference resolvers contradict cluster DNS; absent for targets that are not queried there.',
    type: 'gauge',
    labels: [],
    samples({ reference }, to) {
      if (reference) to.value(reference.disagrees ? 1 : 0);
    },
  },
];

/** The families for when there are too many Services for histograms of each. */
export const WITHOUT_HISTOGRAMS = SERVICE_FAMILIES.filter(({ type }) => type !== 'histogram');

function known(value: number | undefined, to: Samples, labels?: Labels): void {
  if (value !== undefined) to.value(value, labels);
}

function timestamp(at: number | undefined, to: Samples, labels?: Labels): void {
  if (at !== undefined) to.value(timestampOf(at), labels);
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
    ...(settings.alertSeverity ? { annotation_alert_severity: settings.alertSeverity } : {}),
    ...Object.fromEntries(named),
  };
}

/** `app.kubernetes.io/name` → `label_app_kubernetes_io_name`, as kube-state-metrics has it. */
function labelName(name: string): string {
  return `label_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`;
}
