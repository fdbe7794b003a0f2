/** The error budget. */
import type { Rule } from './rule.ts';
import type { Terms } from './settings.ts';
import { promql, text } from './text.ts';

export function budget(s: Terms): readonly Rule[] {
  const { c, inCluster, many, objective, rounds } = s;
  const lost = roundedTo(1 - objective, 6);
  const percent = roundedTo(lost * 100, 4);
  const recent = rounds(10, '5m');
  const burning = text`
    {{ range query (printf "round(vector(100 * %g), 0.1)" $value) }}{{ .Value }}{{ end }} % of the rounds of ExternalName Services${inCluster}
    were lost to cluster DNS or upstream DNS; the objective is less than ${percent} %.
  `;
  return [
    {
      record: 'cluster:externalname_rounds:rate5m',
      expr: promql`
        sum by (${c}) (
          max by (${c}, namespace, service, result) (rate(externalname_service_rounds_total{vantage!="node"}[${recent}]))
          and on (${c}, namespace, service)
          service:externalname_last_success_timestamp_seconds:max > time() - 86400
        )
      `,
    },
    {
      record: 'cluster:externalname_rounds_lost:rate5m',
      note: 'Blamed within 5 min, as the rate looks back: each lost round counts once whenever it was, and fully. The sum removes labels that a ruler adds to recorded series, so that both sides of `or` have the same ones.',
      expr: promql`
        sum by (${c}) (
          max by (${c}, namespace, service) (rate(externalname_service_rounds_total{result="down",vantage!="node"}[${recent}]))
          and on (${c}, namespace, service)
          last_over_time(service_blame:externalname_went_down[${recent}])
        )
        or
        0 * sum by (${c}) (cluster:externalname_rounds:rate5m)
      `,
    },
    {
      record: 'cluster:externalname_recently_up:count',
      expr: promql`count by (${c}) (service:externalname_last_success_timestamp_seconds:max > time() - 86400)`,
    },
    {
      alert: 'ExternalNameErrorBudgetBurningFast',
      when: 'the error budget will be used up within days, and no other page gave a reason',
      wait: 'the short window (5 and 30 min) is the patience; 2 min are more than one evaluation and scrape.',
      note: 'For failures without another page: shorter than its `for`, again and again. At 14.4 times the pace that the budget allows 2 % of it are gone in an hour, at 6 times 5 % in six. Silent for an hour after a page on many Services, since that outage is known; and of three Services at least, since one or two have their own page.',
      expr: promql`
        (
          avg_over_time(cluster:externalname_rounds_lost:rate5m[1h]) / avg_over_time(cluster:externalname_rounds:rate5m[1h]) > 14.4 * ${lost}
          and
          cluster:externalname_rounds_lost:rate5m / cluster:externalname_rounds:rate5m > 14.4 * ${lost}
          or
          avg_over_time(cluster:externalname_rounds_lost:rate5m[6h]) / avg_over_time(cluster:externalname_rounds:rate5m[6h]) > 6 * ${lost}
          and
          avg_over_time(cluster:externalname_rounds_lost:rate5m[30m]) / avg_over_time(cluster:externalname_rounds:rate5m[30m]) > 6 * ${lost}
        )
        and on (${c}) cluster:externalname_recently_up:count >= 10
        and on (${c})
        count by (${c}) (group by (${c}, namespace, service) (last_over_time(service_blame:externalname_went_down[1h]))) >= ${many}
        unless on (${c})
        last_over_time(ALERTS{alertname=~"ExternalName(Cluster|Upstream)DnsFailing",alertstate="firing"}[1h])
      `,
      for: '2m',
      severity: 'critical',
      summary:
        'DNS fails ExternalName Services so often that their error budget will soon be gone.',
      description: burning,
    },
    {
      alert: 'ExternalNameErrorBudgetBurningSlowly',
      when: 'the error budget will be used up before its 30 days',
      wait: 'the short windows (2 and 6 h) are the patience; 15 min keep a burst at their edge out.',
      note: 'At 3 times the pace 10 % of the budget are gone in a day, at once the pace 10 % in three.',
      expr: promql`
        (
          avg_over_time(cluster:externalname_rounds_lost:rate5m[1d]) / avg_over_time(cluster:externalname_rounds:rate5m[1d]) > 3 * ${lost}
          and
          avg_over_time(cluster:externalname_rounds_lost:rate5m[2h]) / avg_over_time(cluster:externalname_rounds:rate5m[2h]) > 3 * ${lost}
          or
          avg_over_time(cluster:externalname_rounds_lost:rate5m[3d]) / avg_over_time(cluster:externalname_rounds:rate5m[3d]) > ${lost}
          and
          avg_over_time(cluster:externalname_rounds_lost:rate5m[6h]) / avg_over_time(cluster:externalname_rounds:rate5m[6h]) > ${lost}
        )
        and on (${c}) cluster:externalname_recently_up:count >= 10
      `,
      for: '15m',
      severity: 'warning',
      summary: 'DNS fails ExternalName Services more often than their error budget allows.',
      description: burning,
    },
  ];
}

function roundedTo(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
