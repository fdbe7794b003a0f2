/** Reads the queries of a Grafana dashboard from its JSON. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A dashboard: its variables, and the queries of its panels. */
export interface Board {
  readonly file: string;
  /** In the order in which Grafana fills them: each may use the earlier ones. */
  readonly variables: readonly Variable[];
  readonly queries: readonly PanelQuery[];
}

export interface Variable {
  readonly name: string;
  /** In the form `label_values(series, label)`. */
  readonly query: string;
  /** The value for "all"; undefined if one value must be chosen. */
  readonly all?: string;
}

export interface PanelQuery {
  readonly panel: string;
  readonly refId: string;
  readonly expr: string;
  /** True: evaluated once for now; false: over the shown time range. */
  readonly instant: boolean;
  /** The minimum step, in seconds; undefined: the scrape interval. */
  readonly minStep?: number;
}

interface Json {
  readonly panels?: readonly PanelJson[];
  readonly templating?: { readonly list?: readonly VariableJson[] };
}

interface PanelJson {
  readonly type: string;
  readonly title?: string;
  readonly interval?: string;
  /** The panels of a collapsed row. */
  readonly panels?: readonly PanelJson[];
  readonly targets?: readonly TargetJson[];
}

interface TargetJson {
  readonly refId?: string;
  readonly expr?: string;
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly interval?: string;
}

interface VariableJson {
  readonly name: string;
  readonly type: string;
  readonly query?: string | { readonly query?: string };
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
}

const FIXED = new Set(['datasource', 'textbox']);

/** Panels without queries. */
const SILENT = new Set(['row', 'text', 'dashlist']);

/**
 * The dashboards of a folder.
 *
 * @throws Error if there is none, and for a Grafana feature that this does not support
 */
export function readBoards(folder: string): Board[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  if (files.length === 0) throw new Error(`Cannot find a dashboard: no *.json, got ${folder}`);
  return files.map((file) => boardOf(file, JSON.parse(readFileSync(join(folder, file), 'utf8'))));
}

/** @throws the same as {@link readBoards} */
export function boardOf(file: string, { panels = [], templating }: Json): Board {
  const all = panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return {
    file,
    // The data source is fixed here, and a text is for links, not for queries.
    variables: (templating?.list ?? []).filter(({ type }) => !FIXED.has(type)).map(variableOf),
    queries: all.filter(({ type }) => !SILENT.has(type)).flatMap(queriesOf),
  };
}

function queriesOf({ title = '', type, targets = [], interval }: PanelJson): PanelQuery[] {
  if (targets.length === 0) {
    throw new Error(`Cannot check panel "${title}": it has no query, got a ${type}`);
  }
  return targets.flatMap((target) => {
    const { refId = '', expr, instant = false, range = !instant } = target;
    if (expr === undefined || expr.trim() === '') {
      throw new Error(`Cannot check panel "${title}": no PromQL, got ${JSON.stringify(target)}`);
    }
    const shortest = target.interval ?? interval;
    const minStep = shortest === undefined ? {} : { minStep: stepOf(shortest) };
    const query = { panel: title, refId, expr, ...minStep };
    return [
      ...(instant ? [{ ...query, instant: true }] : []),
      ...(range ? [{ ...query, instant: false }] : []),
    ];
  });
}

function variableOf({ name, type, query, includeAll, allValue }: VariableJson): Variable {
  const text = typeof query === 'string' ? query : query?.query;
  if (type !== 'query' || text === undefined) {
    throw new Error(`Cannot fill in variable ${name}: it must be a query, got ${type}`);
  }
  if (!includeAll) return { name, query: text };
  if (allValue === undefined) {
    throw new Error(`Cannot fill in variable ${name}: what stands for all is not said, got none`);
  }
  return { name, query: text, all: allValue };
}

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/** In seconds. Grafana also accepts `>10s`. */
function stepOf(text: string): number {
  const [, count, unit = ''] = /^>?(\d+)(ms|[smhd])$/.exec(text) ?? [];
  const seconds = SECONDS[unit];
  if (seconds === undefined) throw new Error(`Cannot read a step: it must be like 2m, got ${text}`);
  return Number(count) * seconds;
}
