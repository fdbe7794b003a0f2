/**
 * Our alert rules at another pace: half an hour in a cluster becomes a minute in a test. The result
 * is a copy of the rules as plain values; the file itself is not changed.
 */

/** One alert or recording rule, with all its fields. */
export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A rule file of Prometheus. */
export interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly interval?: string;
    readonly rules: readonly Rule[];
  }[];
}

/** The speed-up and its limit. */
export interface Pace {
  /** Every duration is divided by this. */
  readonly times: number;
  /**
   * Minimum duration in ms, because a window needs two scrapes. A shorter duration is unchanged.
   */
  readonly floorMs: number;
}

/** The rules with shorter durations. Thresholds, names and texts are unchanged. */
export function quicken(file: RuleFile, pace: Pace): RuleFile {
  const shortened = (duration: string): string => shorten(duration, pace);
  return {
    ...file,
    groups: file.groups.map((group) => ({
      ...group,
      ...mapped(group, ['interval'], shortened),
      rules: group.rules.map((rule) => ({
        ...rule,
        ...mapped(rule, ['for', 'keep_firing_for'], shortened),
        expr: quickenExpression(rule.expr, pace),
      })),
    })),
  };
}

/**
 * Strings and comments, which are skipped; then every PromQL syntax with a duration: ranges,
 * subqueries, and offsets.
 */
const TOKEN =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|#[^\n]*|\[[^\]]*\]|(?<![\w:])offset\s+-?\s*\w+/gi;
const DURATION = /(?<!\w)(?:\d+(?:ms|[ywdhms]))+/g;

/** An expression with shorter ranges, subqueries and offsets. */
export function quickenExpression(expression: string, pace: Pace): string {
  return expression.replace(TOKEN, (token) =>
    /^[[o]/i.test(token) ? token.replace(DURATION, (duration) => shorten(duration, pace)) : token,
  );
}

function shorten(duration: string, { times, floorMs }: Pace): string {
  const ms = parseDuration(duration);
  return formatDuration(Math.min(ms, Math.max(floorMs, Math.round(ms / times))));
}

/** In ms; a year has 365 days, the same as in Prometheus. */
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/**
 * Parses a duration of Prometheus, such as `1h30m`, into ms.
 *
 * @throws Error for any other text
 */
export function parseDuration(text: string): number {
  if (!/^(?:0|(?:\d+(?:ms|[ywdhms]))+)$/.test(text)) {
    throw new Error(
      `Cannot read a duration: it must be like 30s or 1h30m, got ${JSON.stringify(text)}`,
    );
  }
  const parts = text.matchAll(/(\d+)(ms|[ywdhms])/g);
  return [...parts].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0),
    0,
  );
}

/** In whole seconds, else in milliseconds. */
export function formatDuration(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

/** The present fields among these, converted. */
function mapped<K extends string>(
  from: { readonly [key in K]?: string },
  keys: readonly K[],
  change: (value: string) => string,
): { [key in K]?: string } {
  const changed: { [key in K]?: string } = {};
  for (const key of keys) {
    const value = from[key];
    if (value !== undefined) changed[key] = change(value);
  }
  return changed;
}
