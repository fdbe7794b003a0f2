/** Alerts about nodes, where each node is a vantage point (components/per-node). */
import type { Rule } from './rule.ts';
import type { Terms } from './settings.ts';
import { promql, text } from './text.ts';

export function nodes(s: Terms): readonly Rule[] {
  const { c, inCluster, keep, many } = s;
  const failing = text`
    Pods on {{ $value }} of
    {{- range query (printf "count(group by (node) (externalname_service_up{vantage=\"node\",${c}=%q}))" $labels.${c}) }} {{ .Value }}{{ end }} nodes${inCluster}
    cannot resolve ExternalName Services that resolve elsewhere:
    {{- range $i, $s := query (printf "node:externalname_down:count{${c}=%q}" $labels.${c}) | sortByLabel "node" -}}
    {{- if lt $i 10 }}{{ if $i }},{{ end }} {{ $s.Labels.node }}{{ end -}}
    {{- end -}}
    .
  `;
  return [
    {
      record: 'service_node:externalname_down',
      note: 'Value 0, and only for failing ones: nodes times Services would be too many series.',
      expr: promql`
        max by (${c}, namespace, service, node) (externalname_service_up{vantage="node"}) == 0
        and on (${c}, namespace, service)
        max by (${c}, namespace, service) (externalname_service_up{vantage!="node"}) == 1
      `,
    },
    {
      record: 'node:externalname_down:count',
      note: "Nodes for which three Services fail: the fault is the node's, not the Services'.",
      expr: promql`count by (${c}, node) (service_node:externalname_down) >= ${many}`,
    },
    {
      alert: 'ExternalNameManyNodesFailing',
      when: 'three or more Services that are up elsewhere are down on a quarter of the nodes, and on at least two',
      wait: 'a vantage point asks every 5 min and 10 %, and shows its last result until it asks again. 12 min are two rounds of each node: the results of an outage that was everywhere, and is over, are replaced by then.',
      note: 'A quarter of the nodes, and at least two.',
      expr: promql`
        (
          count by (${c}) (node:externalname_down:count)
          >= on (${c})
          0.25 * count by (${c}) (group by (${c}, node) (externalname_service_up{vantage="node"}))
        ) >= 2
      `,
      for: '12m',
      keepFiringFor: keep,
      severity: 'critical',
      summary: 'Pods on many nodes cannot resolve ExternalName Services.',
      description: failing,
    },
    {
      alert: 'ExternalNameNodesFailing',
      when: 'three or more Services that are up elsewhere are down on a node, on fewer nodes than for ExternalNameManyNodesFailing',
      wait: 'as above.',
      expr: promql`
        count by (${c}) (node:externalname_down:count)
        unless on (${c}) ALERTS{alertname="ExternalNameManyNodesFailing",alertstate="firing"}
      `,
      for: '12m',
      keepFiringFor: keep,
      severity: 'warning',
      summary: 'Pods on some nodes cannot resolve ExternalName Services.',
      description: failing,
    },
    {
      alert: 'ExternalNameServiceFailingOnNodes',
      when: 'a Service is down on some nodes where other Services work',
      wait: 'as above.',
      note: 'On nodes that are not named by the two above.',
      expr: promql`
        count by (${c}, namespace, service) (
          service_node:externalname_down unless on (${c}, node) node:externalname_down:count
        )
      `,
      for: '12m',
      keepFiringFor: keep,
      severity: 'warning',
      about: 'service',
      summary: 'Pods on some nodes cannot resolve an ExternalName Service.',
      description: text`
        {{ $labels.service }}.{{ $labels.namespace }}${inCluster} resolves elsewhere, but not on {{ $value }} of
        {{- range query (printf "count(group by (node) (externalname_service_up{vantage=\"node\",${c}=%q}))" $labels.${c}) }} {{ .Value }}{{ end }} nodes:
        {{- $of := printf "{${c}=%q,namespace=%q,service=%q}" $labels.${c} $labels.namespace $labels.service -}}
        {{- range $i, $s := query (printf "service_node:externalname_down%s" $of) | sortByLabel "node" -}}
        {{- if lt $i 10 }}{{ if $i }},{{ end }} {{ $s.Labels.node }}{{ end -}}
        {{- end -}}
        .
      `,
    },
  ];
}
