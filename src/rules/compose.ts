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

/** Labels of the Service, under the same names as on `externalname_service_info` without its prefix. */
function ownersOf({ about }: Alert, s: Terms): Record<string, string> {
  if (about === undefined) return {};
  const owners = s.ownerLabels.map((label) => {
    const name = label.replace(/[^a-zA-Z0-9_]/g, '_');
    const value = about === 'service' ? ownerOfService(s, name) : ownerOfMembers(s, about, name);
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
      dashboard_url: withVariables(dashboardUrl, {
        cluster: `{{ $labels.${c} }}`,
        ...(isService && { namespace: NAMESPACE, service: SERVICE }),
      }),
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
  if (typeof about !== 'object' || !about.by.includes('target_domain')) return '';
  return '?domain={{ $labels.target_domain }}';
}

/** Grafana's variables select the cluster and the Service. An empty cluster selects series without that label. */
function withVariables(dashboardUrl: string, variables: Readonly<Record<string, string>>): string {
  const separator = dashboardUrl.includes('?') ? '&' : '?';
  const query = Object.entries(variables).map(([name, value]) => `var-${name}=${value}`);
  return `${dashboardUrl}${separator}${query.join('&')}`;
}

function withSlash(url: string): string {
  return url.replace(/\/*$/, '/');
}
