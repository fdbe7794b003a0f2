/**
 * The tables of this folder, of README.md and of the runbooks that the sources say: in a page each stands between two comments,
 * `<!-- table <name> … -->` and `<!-- end -->`, and `npm run docs` writes what is between them.
 */
import { MonitorMetrics } from '../src/metrics/monitor.ts';
import { SERVICE_FAMILIES } from '../src/metrics/service-families.ts';
import { CHANGE_KINDS } from '../src/model/drift.ts';
import { CLUSTER_FINDINGS, FINDINGS, type RuleText } from '../src/model/finding.ts';
import { OUTCOMES } from '../src/model/outcome.ts';
import { ANNOTATION_PREFIX, ANNOTATION_ROWS } from '../src/model/service.ts';
import { BLAMES, VERDICTS } from '../src/model/verdict.ts';
import { alertsOf } from '../src/rules/groups.ts';
import type { Schema } from '../src/views/schema.ts';
import { DETAIL } from '../src/views/services/detail.ts';
import { SEVERAL } from '../src/views/services/filters.ts';
import { SERVICES_QUERY } from '../src/views/services/list.ts';

type Row = readonly string[];
const code = (word: string): string => `\`${word}\``;

/** The text of each table, without its comments. */
export const TABLES: Readonly<Record<string, () => string>> = {
  verdicts: () =>
    table(
      ['up', 'verdict', 'meaning', 'blame', 'what to do'],
      Object.entries(VERDICTS).map(([verdict, { up, meaning, blamed, advice }]) => [
        up,
        code(verdict),
        meaning,
        blamed,
        advice,
      ]),
    ),
  blames: () =>
    table(
      ['blame', 'meaning'],
      Object.entries(BLAMES).map(([blame, { meaning }]) => [code(blame), meaning]),
    ),
  outcomes: () =>
    table(
      ['outcome', 'folded', 'meaning'],
      Object.entries(OUTCOMES).map(([outcome, { folded, meaning }]) => [
        code(outcome),
        code(folded),
        meaning,
      ]),
    ),
  'verdicts-without-address': () =>
    table(
      ['verdict', 'what `dig` shows', 'look at'],
      Object.entries(VERDICTS).flatMap(([verdict, row]) =>
        'dig' in row ? [[code(verdict), row.dig.shows, row.dig.lookAt]] : [],
      ),
    ),
  findings: () => findingsTable(FINDINGS),
  'cluster-findings': () => findingsTable(CLUSTER_FINDINGS),
  'stated-findings': () => {
    const stated = Object.entries<RuleText>(FINDINGS).filter(
      ([, { statedBy }]) => statedBy.length > 0,
    );
    const byVerdicts = Map.groupBy(stated, ([, { statedBy }]) => statedBy.map(code).join(', '));
    return table(
      ['finding', 'verdict'],
      [...byVerdicts].map(([verdicts, rules]) => [
        rules.map(([rule]) => code(rule)).join(', '),
        verdicts,
      ]),
    );
  },
  annotations: () =>
    table(
      ['annotation', 'values', 'default'],
      Object.entries(ANNOTATION_ROWS).map(([name, { values, fallback }]) => [
        code(`${ANNOTATION_PREFIX}${name}`),
        values,
        fallback,
      ]),
    ),
  alerts: () =>
    table(
      ['alert', 'severity', 'when', 'for'],
      alertsOf().map((one) => [
        `[${one.alert}](runbooks/${one.alert}.md)`,
        // * where annotations of the Service set it.
        one.about === undefined ? one.severity : `${one.severity}*`,
        one.when,
        one.for,
      ]),
    ),
  drift: () =>
    table(
      ['kind', 'meaning'],
      Object.entries(CHANGE_KINDS).map(([kind, meaning]) => [code(kind), meaning]),
    ),
  'service-families': () => familiesTable('more labels', SERVICE_FAMILIES),
  'monitor-families': () =>
    familiesTable('labels', new MonitorMetrics(0, { version: '', node_version: '' }).families),
  filters: () => {
    const { page: _, limit: __, ...parameters } = propertiesOf(SERVICES_QUERY);
    return table(
      ['parameter', 'which Services, in which order'],
      Object.entries(parameters).map(([name, schema]) => [
        `${code(name)}${schema.type === 'array' ? '*' : ''}`,
        textOf(schema).replace(` ${SEVERAL}`, ''),
      ]),
    );
  },
  'service-fields': () => table(['field', 'what'], fieldsOf(DETAIL)),
};

const QUERY_OF: Readonly<Record<string, (name: string) => string>> = {
  counter: (name) => `sum by (instance) (rate(${name}[5m]))`,
  histogram: (name) => `histogram_quantile(0.99, sum by (le) (rate(${name}_bucket[5m])))`,
  gauge: (name) => name,
};

/** docs/metrics.md with a section for each family that has none: what the family itself says, to be reworded by hand. */
export async function withSections(page: string): Promise<string> {
  const own = new MonitorMetrics(0, { version: '', node_version: '' });
  const helps = new Map(
    [...(await own.text()).matchAll(/^# HELP (\w+) (.*)$/gm)].map(([, name = '', help = '']) => [
      name,
      help,
    ]),
  );
  const missing = [
    ...SERVICE_FAMILIES,
    ...own.families.map((one) => ({ ...one, help: helps.get(one.name) })),
  ]
    .filter(({ name }) => !page.includes(`### ${name}\n`))
    .map(
      ({ name, type, help }) =>
        `\n### ${name}\n\n${help}\n\n\`\`\`promql\n${QUERY_OF[type]?.(name)}\n\`\`\`\n`,
    );
  const at = page.search(/^## Each family, with a query$/m);
  const end = page.slice(at + 1).search(/^## /m);
  const behind = end < 0 ? page.length : at + 1 + end;
  return page.slice(0, behind) + missing.join('') + page.slice(behind);
}

/** The text of a page with each of its tables as the sources say. @throws where it names a table that there is not */
export function withTables(page: string): string {
  return page.replace(
    /(<!-- table ([\w-]+)[^>]*-->\n)[\s\S]*?(?=<!-- end -->)/g,
    (_, head: string, name: string) => {
      const written = TABLES[name];
      if (!written)
        throw new Error(`Cannot write a table: there is none of that name, got ${name}`);
      return `${head}${written()}`;
    },
  );
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string =>
    `|${cells.map((cell) => (cell === '' ? ' |' : ` ${cell} |`)).join('')}\n`;
  return `${line(head)}|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`;
}

function findingsTable(rules: Readonly<Record<string, RuleText>>): string {
  return table(
    ['finding', 'level', 'seen in', 'meaning', 'what to do'],
    Object.entries(rules).map(([rule, { level, other, from, meaning, advice }]) => [
      code(rule),
      other ? `${level}; ${other.level} when ${other.when}` : level,
      from,
      meaning,
      advice,
    ]),
  );
}

function familiesTable(
  head: string,
  families: readonly { readonly name: string; readonly type: string; readonly labels: Row }[],
): string {
  return table(
    ['family', 'type', head],
    families.map(({ name, type, labels }) => [code(name), type, labels.map(code).join(', ')]),
  );
}

/** The fields of an object, and of the history in it, which is an object of lists. */
function fieldsOf(schema: Schema, of = ''): Row[] {
  return Object.entries(propertiesOf(schema)).flatMap(([name, property]) =>
    name === 'history'
      ? fieldsOf(property, 'history.')
      : [[code(`${of}${name}`), textOf(property)]],
  );
}

function propertiesOf({ properties }: Schema): Readonly<Record<string, Schema>> {
  return properties as Readonly<Record<string, Schema>>;
}

/** What a schema describes, with a link for each page that it names. */
function textOf({ description }: Schema): string {
  return String(description).replace(/docs\/([\w-]+\.md)/g, '[$1]($1)');
}
