/** Alert and recording rules as data. The YAML files for Prometheus, the tables in docs/ and `explain` come from it. */

import type { AlertSeverity } from '../model/service.ts';

interface Stated {
  /** A comment in the rule file. */
  readonly note?: string;
  readonly expr: string;
}

export interface Recording extends Stated {
  readonly record: string;
}

export interface Alert extends Stated {
  readonly alert: string;
  /** The condition, for tables. */
  readonly when: string;
  /** The reason for the value of `for`. */
  readonly wait: string;
  readonly for: string;
  readonly keepFiringFor?: string;
  /** Without an annotation of the Service. */
  readonly severity: AlertSeverity;
  /**
   * `service`: the alert has the labels `namespace` and `service`, and annotations of that Service set its severity.
   * Members: the alert covers the Services in this series, and has the severity of the most urgent one.
   */
  readonly about?: 'service' | Members;
  /** Static text: notifications are grouped and searched by it. */
  readonly summary: string;
  readonly description: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Members {
  /** A series for each Service. */
  readonly series: string;
  /** Labels of the alert that select its Services in the series. */
  readonly by: readonly string[];
}

export type Rule = Alert | Recording;

export interface Group {
  readonly name: string;
  readonly interval: string;
  readonly note?: string;
  readonly rules: readonly Rule[];
}

export function isAlert(rule: Rule): rule is Alert {
  return 'alert' in rule;
}
