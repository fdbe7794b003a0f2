import { type Alert, isAlert, type Rule } from './rule.ts';
import type { Terms } from './settings.ts';
import {
  ownerOfMembers,
  ownerOfService,
  severityOfMembers,
  severityOfService,
  target,
} from './templates.ts';

/** A rule as a rule file of Prometheus has it. */
export function composed(rule: Rule, s: Terms): object {
  if (!isAlert(rule)) return { record: rule.record, expr: rule.expr };
  const { alert, expr, keepFiringFor } = rule;
  return {
    alert,
    expr,
    for: rule.for,
    ...(keepFiringFor === undefined ? {} : { keep_firing_for: keepFiringFor }),
    labels: { ...ownersOf(rule, s), severity: severityOf(rule, s) },
    annotations: {
      summary: rule.summary,
      description: rule.description,
      ...rule.annotations,
      ...(rule.about === 'service' ? { target: target(s) } : {}),
      ...linksOf(rule, s),
    },
  };
}

function severityOf({ alert, about, severity }: Alert, s: Terms): string {
  const usual = s.severities.get(alert) ?? severity;
  if (about === undefined) return usual;
  return about === 'service'
    ? severityOfService(s, alert, usual)
    : severityOfMembers(s, about, usual);
}

/** Labels that alerts have of their own: a label of a Service with such a name keeps its prefix. */
const OWN_LABELS: ReadonlySet<string> = new Set([
  ...['alertname', 'severity', 'namespace', 'service', 'node', 'server', 'family', 'rule', 'kind'],
  ...['job', 'instance', 'pod', 'shard', 'blame', 'verdict', 'target_domain', 'external_name'],
]);

/** Labels of the Service, under the same names as on `externalname_service_info` without its prefix. */
function ownersOf({ about }: Alert, s: Terms): Record<string, string> {
  if (about === undefined) return {};
  const owners = s.ownerLabels.map((label) => {
    const name = label.replace(/[^a-zA-Z0-9_]/g, '_');
    const value = about === 'service' ? ownerOfService(s, name) : ownerOfMembers(s, about, name);
    if (OWN_LABELS.has(name) || name === s.c) return [`label_${name}`, value] as const;
    return [/^\d/.test(name) ? `_${name}` : name, value] as const;
  });
  return Object.fromEntries(owners);
}

/** The runbook, the dashboard and the status page, where their addresses are known. */
function linksOf(
  { alert, about }: Alert,
  { runbookUrl, dashboardUrl, statusUrl, c }: Terms,
): Record<string, string> {
  const isService = about === 'service';
  const status = statusUrl && withSlash(statusUrl);
  return {
    runbook_url: `${withSlash(runbookUrl)}${alert}.md`,
    ...(dashboardUrl && {
      dashboard_url: withVariables(dashboardUrl, c, isService),
    }),
    ...(status && {
      page_url: isService ? `${status}services/${NAMESPACE}/${SERVICE}` : status + filterOf(about),
    }),
  };
}

const NAMESPACE = '{{ $labels.namespace }}';
const SERVICE = '{{ $labels.service }}';

/** The filter of the status page for the Services of an alert. */
function filterOf(about: Alert['about']): string {
  if (typeof about !== 'object') return '';
  if (about.by.includes('external_name')) return '?text={{ $labels.external_name }}';
  if (!about.by.includes('target_domain')) return '';
  return '?domain={{ $labels.target_domain }}';
}

/** Grafana's variables select the Service, and the cluster where the alert has one: else all are selected. */
function withVariables(dashboardUrl: string, c: string, isService: boolean): string {
  const separator = dashboardUrl.includes('?') ? '&' : '?';
  const service = isService ? `${separator}var-namespace=${NAMESPACE}&var-service=${SERVICE}` : '';
  const next = isService ? '&' : separator;
  return `${dashboardUrl}${service}{{ with $labels.${c} }}${next}var-cluster={{ . }}{{ end }}`;
}

function withSlash(url: string): string {
  return url.replace(/\/*$/, '/');
}
