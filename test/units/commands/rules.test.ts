import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCommand } from '../../fixtures/command.ts';
import { readText } from '../../fixtures/yaml.ts';
import { promtool, withoutPromtool } from '../../lab/promtool.ts';
import { type Alert, RULES } from '../manifests/rules.ts';

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly (Alert & { readonly record?: string })[] }[];
}

async function printed(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand(['rules', ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function rulesIn(text: string): Map<string, Alert> {
  const { groups } = parse(text) as RuleFile;
  return new Map(groups.flatMap(({ rules }) => rules.map((rule) => [rule.alert, rule])));
}

const alertOf = async (alert: string, ...args: readonly string[]): Promise<Alert | undefined> =>
  rulesIn(await printed(...args)).get(alert);

describe('rules', () => {
  it('prints the file in the tree', async () => {
    expect(await printed()).toBe(readText(RULES));
  });

  it('prints the same rules as a PrometheusRule', async () => {
    const { kind, spec } = parse(await printed('--format=operator'));
    expect(kind).toBe('PrometheusRule');
    expect(spec).toEqual(parse(readText(RULES)));
  });

  it('groups and joins by another cluster label only', async () => {
    const usual = await printed();
    const other = await printed('--cluster-label=k8s_name');
    expect(parse(other.replaceAll('k8s_name', 'cluster'))).toEqual(parse(usual));
    const code = [...rulesIn(other).values()].flatMap(({ expr, annotations = {}, labels = {} }) => [
      expr,
      ...Object.values(labels),
      ...Object.values(annotations),
    ]);
    const left = code.filter((text) => /\(cluster[,)]|[{,]cluster=|labels\.cluster\b/.test(text));
    expect(left).toEqual([]);
  });

  it('waits for as many rounds with a longer interval, and no shorter with a short one', async () => {
    const page = 'ExternalNameServiceUnresolvable';
    expect((await alertOf(page, '--interval=10s'))?.for).toBe('2m');
    const slow = await alertOf(page, '--interval=5m');
    // Longer than the `for`: a page on many Services ends after those on single ones have begun.
    expect(slow).toMatchObject({ for: '20m', keep_firing_for: '20m30s' });
    const many = await alertOf('ExternalNameClusterDnsFailing', '--interval=5m');
    expect(many?.for).toBe('10m');
    const behind = await alertOf('ExternalNameMonitorBehind', '--interval=15s');
    expect(behind?.expr).toContain('le=~"5|5.0"');
  });

  it('links the dashboard and the status page where they are known', async () => {
    const page = 'ExternalNameServiceUnresolvable';
    const without = await alertOf(page);
    expect(Object.keys(without?.annotations ?? {})).not.toContain('page_url');
    expect(Object.keys(without?.annotations ?? {})).not.toContain('dashboard_url');
    const links = [
      '--runbook-url=https://runbooks.example/dns/',
      '--dashboard-url=https://grafana.example/d/externalname-service?orgId=1',
      '--status-url=https://status.example',
    ];
    expect((await alertOf(page, ...links))?.annotations).toMatchObject({
      runbook_url: `https://runbooks.example/dns/${page}.md`,
      dashboard_url:
        'https://grafana.example/d/externalname-service?orgId=1&var-namespace={{ $labels.namespace }}&var-service={{ $labels.service }}{{ with $labels.cluster }}&var-cluster={{ . }}{{ end }}',
      page_url: 'https://status.example/services/{{ $labels.namespace }}/{{ $labels.service }}',
    });
    const domain = await alertOf('ExternalNameTargetDomainFailing', ...links);
    expect(domain?.annotations.page_url).toBe(
      'https://status.example/?domain={{ $labels.target_domain }}',
    );
    const absent = await alertOf('ExternalNameMonitorAbsent', ...links);
    expect(absent?.annotations.page_url).toBe('https://status.example/');
  });

  it('links the list of Services with a shared target', async () => {
    const one = await alertOf('ExternalNameTargetFailing', '--status-url=https://status.example');
    expect(one?.annotations.page_url).toBe(
      'https://status.example/?text={{ $labels.external_name }}',
    );
  });

  it('keeps the labels of an alert apart from those of a Service', async () => {
    const one = await alertOf(
      'ExternalNameServiceDegraded',
      '--service-labels=service,severity,team',
    );
    expect(Object.keys(one?.labels ?? {}).toSorted()).toEqual([
      'label_service',
      'label_severity',
      'severity',
      'team',
    ]);
  });

  it('changes the severity of an alert', async () => {
    const raised =
      '--alert-severity=ExternalNameMonitorBehind=info,ExternalNameServiceSlow=critical';
    expect((await alertOf('ExternalNameMonitorBehind', raised))?.labels.severity).toBe('info');
    const slow = await alertOf('ExternalNameServiceSlow', raised);
    expect(slow?.labels.severity).toContain('else }}critical{{ end');
  });

  it('changes the number of Services for one page, and the objective', async () => {
    const set = ['--many-services=5', '--objective=99.5'];
    const many = await alertOf('ExternalNameClusterDnsFailing', ...set);
    expect(many?.expr).toContain('>= 5');
    const budget = await alertOf('ExternalNameErrorBudgetBurningFast', ...set);
    expect(budget?.expr).toContain('14.4 * 0.005');
    expect(budget?.annotations.description).toContain('less than 0.5 %');
  });

  it.each([
    [
      '--alert-severity=ExternalNameServiceSlo=info',
      'no such alert (did you mean ExternalNameServiceSlow?)',
    ],
    ['--alert-severity=ExternalNameServiceSlow=page', 'it must be one of critical, warning, info'],
    ['--cluster-label=my-cluster', 'it must be a label of Prometheus'],
    ['--cluster-label=namespace', "it must not be a label of the monitor's metrics"],
    ['--objective=93', 'it must be a number from 94'],
    ['--objective=99,9', 'it must be a number from 94 to 99.999'],
    ['--status-url=status.example', 'it must be an http or https URL'],
  ])('refuses %s', async (arg, why) => {
    const { status, stdout, stderr } = await runCommand(['rules', arg]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(why);
  });

  it.skipIf(withoutPromtool)('prints rules that promtool accepts, for all settings', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'externalname-monitor-rules-'));
    try {
      const file = join(folder, 'rules.yaml');
      const args = ['--interval=7m', '--cluster-label=k8s', '--service-labels=team,app.io/tier'];
      writeFileSync(file, await printed(...args, '--status-url=https://status.example'));
      expect(promtool('check', 'rules', '--lint-fatal', file)).toMatchObject({ status: 0 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
