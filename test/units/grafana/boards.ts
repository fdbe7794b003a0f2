/** The dashboards as Grafana reads them: only what the tests look at. */
import { toJson } from '../../../grafana/dashboard.ts';
import { DASHBOARDS } from '../../../grafana/dashboards/index.ts';

export interface Link {
  readonly title: string;
  readonly url: string;
  readonly keepTime?: boolean;
  readonly targetBlank?: boolean;
}

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
  readonly links?: readonly Link[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string };
    readonly overrides: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
  readonly targets?: readonly Target[];
  readonly transformations?: readonly {
    readonly id: string;
    readonly options: { readonly renameByName?: Readonly<Record<string, string>> };
  }[];
  readonly options?: { readonly sortBy?: readonly { readonly displayName: string }[] };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
  readonly refresh?: number;
  readonly includeAll?: boolean;
}

export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly editable: boolean;
  readonly links: readonly Link[];
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

export interface Generated {
  readonly file: string;
  readonly json: string;
  readonly board: Board;
  /** Without the rows. */
  readonly panels: readonly Panel[];
  readonly queries: readonly string[];
}

export const GENERATED: readonly Generated[] = Object.entries(DASHBOARDS).map(([file, build]) => {
  const json = toJson(build());
  const board: Board = JSON.parse(json);
  const panels = board.panels.filter(({ type }) => type !== 'row');
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  return { file, json, board, panels, queries };
});

/** The queries of a panel, as Grafana sends them. */
export function queriesOf(uid: string, title: string): string[] {
  const panels = GENERATED.find(({ board }) => board.uid === uid)?.panels;
  const found = panels?.find((panel) => panel.title === title);
  if (!found?.targets)
    throw new Error(`Cannot find a panel of ${uid}: no such title, got ${title}`);
  return found.targets.map(({ expr }) => filledIn(expr));
}

const VALUES: Readonly<Record<string, string>> = {
  // No sample of a minute lies on its edge: Prometheus 3 leaves one there out, Prometheus 2 does not.
  $__rate_interval: '4m30s',
  $__interval: '5m',
  $__range: '1h',
  $cluster: '.*',
  $namespace: '.*',
  $service: '.*',
};

/** An expression as Grafana sends it. */
export function filledIn(expression: string): string {
  return expression.replace(/\$\w+/g, (variable) => {
    const value = VALUES[variable];
    if (value === undefined) throw new Error(`Cannot fill in a variable: unknown, got ${variable}`);
    return value;
  });
}
