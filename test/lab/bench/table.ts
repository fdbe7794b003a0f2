import type { Reading, Row } from './row.ts';

/** The readings of a row, or the reason why there are none. */
export interface Result {
  readonly row: Row;
  readonly readings: readonly Reading[];
  readonly failure?: string;
}

/** Whether the limit is met, and the difference if it is not. */
export function judge({ value, limit }: Reading): string {
  if (limit === undefined) return '';
  if (value <= limit) return 'met';
  return Number.isFinite(value) ? `missed: ${(value / limit).toFixed(2)} × the reach` : 'missed';
}

function reachOf({ limit, unit }: Reading): string {
  return limit === undefined ? '' : `≤ ${Number(limit.toFixed(3))} ${unit}`;
}

function resultText({ value, unit }: Reading): string {
  return Number.isFinite(value) ? `${Number(value.toPrecision(3))} ${unit}` : 'never';
}

const HEAD = ['what', 'measured', 'reference', 'result', 'reach', ''];

function cells(reading: Reading): string[] {
  const { what, measured, reference = '' } = reading;
  return [what, measured, reference, resultText(reading), reachOf(reading), judge(reading)];
}

/** For a terminal: a table with a line for the title of each row. */
export function asText(results: readonly Result[]): string {
  const lines = results.flatMap(({ readings }) => readings.map(cells));
  const widths = HEAD.map((head, i) =>
    Math.max(head.length, ...lines.map((l) => l[i]?.length ?? 0)),
  );
  const lineOf = (texts: readonly string[]): string =>
    `  ${texts.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd();
  const blocks = results.map(({ row, readings, failure }) => {
    const rest = failure === undefined ? readings.map((r) => lineOf(cells(r))) : [`  ${failure}`];
    return [`${row.name}: ${row.title}`, ...rest].join('\n');
  });
  return `${[lineOf(HEAD), ...blocks].join('\n')}\n`;
}

export function asMarkdown(results: readonly Result[]): string {
  const lines = results.flatMap(({ row, readings, failure }) => {
    if (failure !== undefined) return [[`**${row.name}**`, failure, '', '', '', 'could not run']];
    return readings.map((reading) => [
      `**${row.name}**: ${reading.what}`,
      ...cells(reading).slice(1),
    ]);
  });
  const all = [HEAD, HEAD.map(() => '---'), ...lines];
  return `${all.map((texts) => `| ${texts.join(' | ')} |`).join('\n')}\n`;
}

export function asJson(conditions: readonly string[], results: readonly Result[]): string {
  const rows = results.map(({ row, readings, failure }) => ({
    name: row.name,
    title: row.title,
    ...(failure === undefined ? {} : { failure }),
    readings: readings.map((reading) => ({ ...reading, met: judge(reading) === 'met' })),
  }));
  return `${JSON.stringify({ conditions, rows }, null, 2)}\n`;
}
