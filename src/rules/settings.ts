import type { AlertSeverity } from '../model/service.ts';

/** Settings of the rules. */
export interface RuleSettings {
  /** The interval of rounds of the monitor. */
  readonly intervalMs: number;
  /** The label that distinguishes clusters. A single cluster needs none: the label is then empty. */
  readonly clusterLabel: string;
  /** From this number of failing Services on, one page covers all of them. */
  readonly many: number;
  /** The part of rounds that must get an address within 30 days. */
  readonly objective: number;
  /** The folder of the runbooks; each is `<alert>.md`. */
  readonly runbookUrl: string;
  /** The Grafana dashboard of a Service. */
  readonly dashboardUrl?: string | undefined;
  /** The status page. */
  readonly statusUrl?: string | undefined;
  /** Labels of Services that alerts carry, such as `team`. */
  readonly ownerLabels: readonly string[];
  /** Severities other than the default, by alert. */
  readonly severities: ReadonlyMap<string, AlertSeverity>;
}

export const DEFAULT_SETTINGS: RuleSettings = {
  intervalMs: 30_000,
  clusterLabel: 'cluster',
  many: 3,
  objective: 0.999,
  runbookUrl:
    'https://github.com/externalname-monitor/externalname-monitor/blob/main/docs/runbooks',
  ownerLabels: [],
  severities: new Map(),
};

/** The settings, and texts of rules that depend on them. */
export interface Terms extends RuleSettings {
  /** The cluster label. */
  readonly c: string;
  /** A template: ` in cluster <name>` if there is one. */
  readonly inCluster: string;
  /** The same with ` of cluster <name>`. */
  readonly ofCluster: string;
  /** The `keep_firing_for` that outlasts a restart of the monitor, and the `for` of ExternalNameMonitorAbsent. */
  readonly keep: string;
  /** The duration of this number of rounds, and at least `least`. */
  readonly rounds: (count: number, least: string) => string;
}

/** A round starts up to 10 % late. */
const JITTER = 1.1;
/** Back-off after a restart (10 s), timeouts of a round (21 s), scrape and evaluation (30 s each), and reserve. */
const RESTART_S = 150;
const STEP_S = 30;
const LEAST_KEEP = '5m';

export function termsOf(settings: RuleSettings): Terms {
  const { clusterLabel: c, intervalMs } = settings;
  const seconds = intervalMs / 1_000;
  const longer = (needed: number, least: string): string =>
    needed <= secondsOf(least) ? least : durationOf(Math.ceil(needed / STEP_S) * STEP_S);
  const cluster = (word: string): string =>
    `{{ with $labels.${c} }} ${word} cluster {{ . }}{{ end }}`;
  return {
    ...settings,
    c,
    inCluster: cluster('in'),
    ofCluster: cluster('of'),
    keep: longer(Math.max(seconds * JITTER + RESTART_S, 4 * seconds + STEP_S), LEAST_KEEP),
    rounds: (count, least) => longer(count * seconds, least),
  };
}

const UNITS = { h: 3_600, m: 60, s: 1 } as const;

/** `1h30m` → 5400. */
function secondsOf(duration: string): number {
  const parts = duration.matchAll(/(\d+)([hms])/g);
  return [...parts].reduce(
    (sum, [, count, unit]) => sum + Number(count) * UNITS[unit as keyof typeof UNITS],
    0,
  );
}

/** 5400 → `1h30m`. */
function durationOf(seconds: number): string {
  const h = Math.floor(seconds / 3_600);
  const m = Math.floor((seconds % 3_600) / 60);
  const s = seconds % 60;
  return `${h ? `${h}h` : ''}${m ? `${m}m` : ''}${s ? `${s}s` : ''}`;
}
