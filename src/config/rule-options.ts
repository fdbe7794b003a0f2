import { ALERT_SEVERITIES, type AlertSeverity } from '../model/service.ts';
import { parseCount, parseList, parseUrl, parseWord, quoted, UsageError } from './values.ts';

export const RULE_FORMATS = ['prometheus', 'operator'] as const;

/** The options that only `externalname-monitor rules` has, as part of the table of all options. */
export const RULE_OPTIONS = {
  clusterLabel: {
    group: 'Rules',
    value: '<label>',
    help: 'Label that distinguishes clusters in Prometheus; all rules group and join by it.',
    fallback: 'cluster',
    parse: parseLabel,
  },
  statusUrl: {
    group: 'Rules',
    value: '<URL>',
    help: 'Address of the status page, for the annotation page_url.',
    found: 'none: no such annotation',
    parse: parseUrl,
  },
  manyServices: {
    group: 'Rules',
    value: '<count>',
    help: 'From this number of failing Services on, one page covers all of them.',
    fallback: '3',
    parse: (text: string) => parseCount(text, 2, 1_000),
  },
  objective: {
    group: 'Rules',
    value: '<percent>',
    help: 'Part of the rounds of 30 days that must get an address, for the error budget. From 94 to 99.999: below, the fastest burn rate would be more than all rounds.',
    fallback: '99.9',
    parse: parsePercent,
  },
  alertSeverity: {
    group: 'Rules',
    value: '<alert=severity,…>',
    help: `Severities other than the default ones: ${ALERT_SEVERITIES.join(', ')}.`,
    fallback: '',
    found: 'none',
    kind: 'list',
    parse: (text: string) => new Map(parseList(text, parseSeverity)),
  },
  format: {
    group: 'Rules',
    value: '<format>',
    help: 'prometheus: a rule file; operator: a PrometheusRule of the Prometheus Operator.',
    fallback: 'prometheus',
    words: RULE_FORMATS,
    parse: (text: string) => parseWord(text, RULE_FORMATS),
  },
} as const;

/** Labels of the monitor's own series. */
const TAKEN = ['namespace', 'service', 'server', 'node', 'vantage', 'job', 'instance', 'blame'];

function parseLabel(text: string): string {
  if (TAKEN.includes(text)) {
    throw new UsageError(`it must not be a label of the monitor's metrics, got ${quoted(text)}`);
  }
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text)) return text;
  throw new UsageError(`it must be a label of Prometheus such as cluster, got ${quoted(text)}`);
}

/** As a part of 1. */
function parsePercent(text: string): number {
  const percent = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(percent >= 94 && percent <= 99.999)) {
    throw new UsageError(`it must be a number from 94 to 99.999, got ${quoted(text)}`);
  }
  return percent / 100;
}

function parseSeverity(item: string): readonly [string, AlertSeverity] {
  const [, alert, severity] = /^(\w+)=(\w*)$/.exec(item) ?? [];
  if (alert === undefined || severity === undefined) {
    throw new UsageError(`it must be such as ExternalNameServiceSlow=info, got ${quoted(item)}`);
  }
  return [alert, parseWord(severity, ALERT_SEVERITIES)];
}
