/** Go templates of annotations and labels: they query series of the Service, or of the Services, that an alert is about. */
import type { AlertSeverity } from '../model/service.ts';
import type { Members } from './rule.ts';
import type { Terms } from './settings.ts';
import { text } from './text.ts';

/** `$of`: the selector of the Service in the alert's labels. */
export function selectService({ c }: Terms): string {
  return text`{{- $of := printf "{${c}=%q,namespace=%q,service=%q,vantage!=\"node\"}" $labels.${c} $labels.namespace $labels.service -}}`;
}

/** `$of`: the selector of an alert's Services in the series of {@link Members}. */
export function selectMembers({ c }: Terms, { by }: Members): string {
  const pairs = [c, ...by].map((label) => `${label}=%q`).join(',');
  const values = [c, ...by].map((label) => `$labels.${label}`).join(' ');
  return `{{- $of := printf "{${pairs}}" ${values} -}}`;
}

/** The values of a label of a family of the Service. Replicas may differ: then each value is named. */
function valuesOf(s: Terms, family: string, label: string): string {
  return text`
    ${selectService(s)}
    {{- range $i, $s := query (printf "group by (${label}) (${family}%s)" $of) | sortByLabel "${label}" -}}
    {{- if $i }}, {{ end }}{{ $s.Labels.${label} }}
    {{- end -}}
  `;
}

export const verdict = (s: Terms): string => valuesOf(s, 'externalname_service_verdict', 'verdict');
export const blame = (s: Terms): string => valuesOf(s, 'externalname_service_verdict', 'blame');
export const target = (s: Terms): string =>
  valuesOf(s, 'externalname_service_info', 'external_name');

/** Names of the first Services in a series, after `$of`. */
export function memberNames({ series }: Members): string {
  return text`
    {{- range $i, $s := query (printf "${series}%s" $of) | sortByLabel "service" -}}
    {{- if lt $i 5 }}{{ if $i }},{{ end }} {{ $s.Labels.service }}.{{ $s.Labels.namespace }}{{ end -}}
    {{- end -}}
  `;
}

/** All values of a label of a family of an alert's Services, the first five of them. */
export function memberValues(s: Terms, members: Members, family: string, label: string): string {
  return text`
    ${selectMembers(s, members)}
    {{- range $i, $s := query (printf "group by (${label}) (${family}{vantage!=\"node\"} and on (${s.c}, namespace, service) ${members.series}%s)" $of) | sortByLabel "${label}" -}}
    {{- if lt $i 5 }}{{ if $i }}, {{ end }}{{ $s.Labels.${label} }}{{ end -}}
    {{- end -}}
  `;
}

/** The value of a label of the Service. Replicas may differ during an edit: then it is the last one. */
export function ownerOfService(s: Terms, name: string): string {
  const label = `label_${name}`;
  return text`
    {{- $owner := "" -}}
    ${selectService(s)}
    {{- range query (printf "group by (${label}) (externalname_service_info%s)" $of) | sortByLabel "${label}" -}}
    {{- $owner = .Labels.${label} -}}
    {{- end -}}
    {{- $owner -}}
  `;
}

/** The value of a label that all the Services have; empty, which means no label, if they differ. */
export function ownerOfMembers(s: Terms, members: Members, name: string): string {
  const label = `label_${name}`;
  return text`
    {{- $owner := "" -}}
    ${selectMembers(s, members)}
    {{- range $i, $s := query (printf "group by (${label}) (externalname_service_info{vantage!=\"node\"} and on (${s.c}, namespace, service) ${members.series}%s)" $of) | sortByLabel "${label}" -}}
    {{- if $i }}{{ $owner = "" }}{{ else }}{{ $owner = $s.Labels.${label} }}{{ end -}}
    {{- end -}}
    {{- $owner -}}
  `;
}

/** Severities of the annotations, in Prometheus. */
const SEVERITY_OF = { page: 'critical', ticket: 'warning', none: 'info' } as const;

/**
 * The severity by the Service's annotations: alert-severity for this alert, else severity, which lowers a page to a
 * ticket and switches notifications off, else the usual one.
 */
export function severityOfService(s: Terms, alert: string, usual: AlertSeverity): string {
  const own = Object.entries(SEVERITY_OF).map(
    ([word, severity]) => `if match "(^|,)${alert}=${word}(,|$)" $own }}${severity}{{ else `,
  );
  const orTicket = usual === 'critical' ? 'else if eq $asked "ticket" }}warning{{ ' : '';
  return text`
    {{- $asked := "" -}}
    {{- $own := "" -}}
    ${selectService(s)}
    {{- range query (printf "group by (annotation_severity, annotation_alert_severity) (externalname_service_info%s)" $of) | sortByLabel "annotation_severity" -}}
    {{- $asked = .Labels.annotation_severity -}}
    {{- $own = .Labels.annotation_alert_severity -}}
    {{- end -}}
    {{- ${own.join('')}if eq $asked "none" }}info{{ ${orTicket}else }}${usual}{{ end -}}
  `;
}

/** As urgent as the most urgent of the Services. */
export function severityOfMembers(s: Terms, members: Members, usual: AlertSeverity): string {
  const orTicket = usual === 'critical' ? '{{ else if eq $asked "ticket" }}warning' : '';
  return text`
    {{- $asked := "" -}}
    {{- $page := false -}}
    ${selectMembers(s, members)}
    {{- range query (printf "group by (annotation_severity) (externalname_service_info{vantage!=\"node\"} and on (${s.c}, namespace, service) ${members.series}%s)" $of) | sortByLabel "annotation_severity" -}}
    {{- $asked = .Labels.annotation_severity -}}
    {{- if not (match "ticket|none" $asked) }}{{ $page = true }}{{ end -}}
    {{- end -}}
    {{- if $page }}${usual}${orTicket}{{ else if eq $asked "none" }}info{{ else }}${usual}{{ end -}}
  `;
}
