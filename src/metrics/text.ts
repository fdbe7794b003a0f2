/** Prometheus's text exposition format 0.0.4. */
export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type MetricType = 'gauge' | 'counter' | 'histogram';

export interface FamilyHead {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
}

/** The HELP and TYPE lines of a family. */
export function headOf({ name, help, type }: FamilyHead): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
}

/** Label pairs as text; values may hold anything, and are escaped. */
export function labelsOf(labels: Readonly<Record<string, string>>): string {
  let text = '';
  for (const [name, value] of Object.entries(labels)) {
    text += `${text === '' ? '' : ','}${name}="${escapeValue(value)}"`;
  }
  return text;
}

const SPECIAL = /[\\"\n]/;
const EACH_SPECIAL = /[\\"\n]/g;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

function escapeValue(value: string): string {
  if (!SPECIAL.test(value)) return value;
  return value.replace(EACH_SPECIAL, (char) => ESCAPES[char] ?? char);
}

/** A sample value; JavaScript and Prometheus write finite numbers alike. */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}
