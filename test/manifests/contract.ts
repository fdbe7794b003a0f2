/**
 * The metric families that dashboards and alerts may use: those of the metric contract, by the names
 * that Prometheus stores. A family is added here when the monitor begins to export it.
 */
const PLAIN = [
  'externalname_service_info',
  'externalname_service_up',
  'externalname_service_verdict',
  'externalname_service_rounds_total',
  'externalname_probes_total',
  'externalname_probe_last_duration_seconds',
  'externalname_last_probe_timestamp_seconds',
  'externalname_last_success_timestamp_seconds',
  'externalname_answer_ttl_seconds',
  'externalname_alias_matches_spec',
  'externalname_target_addresses',
  'externalname_exchanges_total',
  'externalname_query_retries_total',
  'externalname_server_up',
  'externalname_services',
  'externalname_informer_synced',
  'externalname_informer_last_list_timestamp_seconds',
  'externalname_informer_last_contact_timestamp_seconds',
  'externalname_informer_restarts_total',
  'externalname_informer_events_total',
  'externalname_probe_interval_seconds',
  'externalname_probes_skipped_total',
  'externalname_probe_inflight',
  'externalname_probe_loop_lag_seconds',
  'externalname_build_info',
];

const HISTOGRAMS = [
  'externalname_probe_duration_seconds',
  'externalname_query_duration_seconds',
  'externalname_probe_schedule_delay_seconds',
];

export const SERIES: ReadonlySet<string> = new Set([
  ...PLAIN,
  ...HISTOGRAMS.flatMap((name) => [`${name}_bucket`, `${name}_sum`, `${name}_count`]),
]);

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'atan2', 'inf', 'nan']);

/** The names of the series that a (valid) PromQL expression reads. */
export function seriesOf(expression: string): string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    // Labels, not series.
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '');
  const words = bare.matchAll(/(?<![\w.])[a-z_:][\w:]*(?!\w)(?!\s*\()/gi);
  const names = [...words].map(([word]) => word).filter((word) => !KEYWORDS.has(word));
  // `sum by (x) (…)` has lost its clause above, and `sum  (…)` is a call; nothing is left of either.
  return [...new Set(names)];
}
