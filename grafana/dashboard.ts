/**
 * Converts a dashboard builder to the JSON in the repository: with ids, and the same on every run.
 */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type DashboardLink,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DATASOURCE } from './panels.ts';
import { MONITORS } from './queries.ts';

export interface Head {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: Builder<VariableModel>[];
  readonly links: Builder<DashboardLink>[];
}

/** The common settings of all dashboards. */
export function dashboard({ uid, title, description, variables, links }: Head): DashboardBuilder {
  return (
    new DashboardBuilder(`ExternalName Services / ${title}`)
      .uid(uid)
      .description(description)
      .tags(['externalname-monitor', 'dns', 'kubernetes'])
      // Generated: an edit in Grafana would be lost with the next version.
      .readonly()
      .tooltip(DashboardCursorSync.Crosshair)
      .time({ from: 'now-6h', to: 'now' })
      // Twice the monitor's interval, because some panels query every Service.
      .refresh('1m')
      .timezone('browser')
      .annotation(alerts())
      .variables(variables)
      .links(links)
  );
}

/** Firing alerts as marks in all graphs. */
function alerts(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('Alerts')
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor('red')
    .expr(`ALERTS{alertname=~"ExternalName.+", alertstate="firing", ${MONITORS}}`)
    .step('60s')
    .titleFormat('{{alertname}}')
    .textFormat('{{severity}} {{namespace}} {{service}} {{target_domain}} {{external_name}}')
    .tagKeys('severity');
}

/**
 * Gives every panel an id and every query a letter, which the SDK does not. Without them Grafana
 * assigns ids on load, and links to a panel break.
 */
export function toJson(builder: DashboardBuilder): string {
  const built = builder.build();
  for (const [index, panel] of (built.panels ?? []).entries()) {
    panel.id = index + 1;
    if ('targets' in panel) nameQueries(panel.targets ?? []);
  }
  return `${JSON.stringify(built satisfies Dashboard, null, 2)}\n`;
}

function nameQueries(targets: object[]): void {
  for (const [index, target] of targets.entries()) {
    Object.assign(target, { refId: String.fromCharCode('A'.charCodeAt(0) + index) });
  }
}
