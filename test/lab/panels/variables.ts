/** Grafana's variables: their values in a query, by the rules of the Prometheus data source. */
import type { Prometheus, Range } from '../alerting/prometheus.ts';
import { formatDuration } from '../alerting/rules.ts';
import type { PanelQuery, Variable } from './board.ts';

/** A value for each variable of a dashboard. */
export type Choice = Readonly<Record<string, string>>;

/** `$name`, `${name}`, `${name:format}`, `[[name]]`. */
const REFERENCE = /\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)(?::\w+)?\]\]/g;

/**
 * A text with its variables replaced. `$1` is no variable but a group of a regular expression.
 *
 * @throws Error for an unknown variable
 */
export function fillIn(text: string, values: Choice): string {
  return text.replace(REFERENCE, (reference, bare, braced, bracketed) => {
    const name = bare ?? braced ?? bracketed;
    if (/^\d+$/.test(name)) return reference;
    const value = values[name];
    if (value === undefined) {
      throw new Error(`Cannot fill in a variable: there is no such, got ${reference}`);
    }
    return value;
  });
}

/** The width of a panel in points, about one per pixel. */
const POINTS = 1_000;

/** The step of a query over `seconds`, with a given scrape interval in seconds. */
export function stepOf({ minStep }: PanelQuery, seconds: number, scrape: number): number {
  return Math.max(minStep ?? scrape, Math.ceil(seconds / POINTS));
}

/**
 * Grafana's built-in variables. `$__rate_interval` spans four scrapes, so that a rate always has
 * two.
 */
export function builtIns({ start, end, step }: Range, scrape: number): Choice {
  // A range of zero is an error, and no user can choose one.
  const seconds = Math.max(1, Math.round(end - start));
  return {
    __interval: duration(step),
    __interval_ms: String(step * 1_000),
    __rate_interval: duration(Math.max(step + scrape, 4 * scrape)),
    __range: duration(seconds),
    __range_s: String(seconds),
    __range_ms: String(seconds * 1_000),
    __from: String(Math.round(start * 1_000)),
    __to: String(Math.round(end * 1_000)),
  };
}

function duration(seconds: number): string {
  return formatDuration(Math.round(seconds * 1_000));
}

/**
 * The possible choices: all, if a variable supports it, else each value in turn. The first choice
 * is Grafana's initial one.
 */
export async function choices(
  variables: readonly Variable[],
  prometheus: Pick<Prometheus, 'labelValues'>,
  chosen: Choice = {},
): Promise<Choice[]> {
  const [variable, ...rest] = variables;
  if (variable === undefined) return [chosen];
  const values = await valuesOf(variable, prometheus, chosen);
  const all: Choice[] = [];
  for (const value of values) {
    all.push(...(await choices(rest, prometheus, { ...chosen, [variable.name]: value })));
  }
  return all;
}

async function valuesOf(
  { name, query, all }: Variable,
  prometheus: Pick<Prometheus, 'labelValues'>,
  chosen: Choice,
): Promise<string[]> {
  const filled = fillIn(query, chosen);
  const [, selector, label] = /^label_values\((?:(.+),)?\s*(\w+)\s*\)$/.exec(filled) ?? [];
  if (label === undefined) {
    throw new Error(`Cannot fill in variable ${name}: it must be label_values(…), got ${query}`);
  }
  // Queried even if all is chosen, because Grafana shows an error of this query.
  const values = await prometheus.labelValues(label, selector);
  return all === undefined ? values.map(quoted) : [all];
}

/** For use inside the quotes of a label matcher. */
function quoted(value: string): string {
  return value.replace(/[\\"]/g, '\\$&');
}
