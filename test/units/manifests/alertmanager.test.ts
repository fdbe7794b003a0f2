import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { alertsOf } from '../../../src/rules/groups.ts';
import { readYaml } from '../../fixtures/yaml.ts';

const FILE = 'manifests/alerts/alertmanager.yaml';

const missing = spawnSync('amtool', ['--version']).error !== undefined;
/** Never true in CI: a missing amtool must not look like a passed test. */
const withoutAmtool = missing && process.env.E2E !== 'required';

function amtool(...args: string[]): { status: number | null; stdout: string } {
  const { status, stdout } = spawnSync('amtool', args, { encoding: 'utf8' });
  return { status, stdout };
}

const DOWN = 'alertname=ExternalNameServiceUnresolvable';
const SLOW = 'alertname=ExternalNameServiceSlow';

describe.skipIf(withoutAmtool)('the Alertmanager example', () => {
  test('is valid', () => {
    expect(amtool('check-config', FILE)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('SUCCESS'),
    });
  });

  test.each([
    ['silent', [SLOW, 'severity=info', 'team=shop']],
    ['shop-pages', [DOWN, 'severity=critical', 'team=shop', 'namespace=shop']],
    ['shop-tickets', [SLOW, 'severity=warning', 'team=shop', 'namespace=shop']],
    ['platform-pages', ['severity=critical', 'alertname=ExternalNameClusterDnsFailing']],
    ['platform-pages', [DOWN, 'severity=critical', 'team=other']],
    ['platform-tickets', [SLOW, 'severity=warning']],
    // The routes of other programs stay theirs.
    ['silent', ['alertname=HostDown', 'severity=critical', 'team=shop']],
  ])('sends to %s: %j', (receiver, labels) => {
    const { stdout } = amtool('config', 'routes', 'test', `--config.file=${FILE}`, ...labels);
    expect(stdout.trim()).toBe(receiver);
  });
});

test('its inhibition rules name alerts that exist', () => {
  const { inhibit_rules: rules } = readYaml(FILE) as {
    inhibit_rules: readonly Record<'source_matchers' | 'target_matchers', readonly string[]>[];
  };
  const known = alertsOf().map(({ alert }) => alert);
  const matchers = rules.flatMap((rule) => [...rule.source_matchers, ...rule.target_matchers]);
  for (const matcher of matchers) {
    const [, pattern = ''] = /^alertname !?=~? "?([^"]+)"?$/.exec(matcher) ?? [];
    const [, prefix = '', list] = /^(\w+)\(([\w|]+)\)$/.exec(pattern) ?? [];
    const patterns = list === undefined ? [pattern] : list.split('|').map((one) => prefix + one);
    for (const one of patterns) {
      const matching = known.filter((alert) => new RegExp(`^${one}`).test(alert));
      expect([one, matching.length > 0]).toEqual([one, true]);
    }
  }
});
