import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hardPlaces, proseOf } from '../../../docs/readability.ts';
import { OPTIONS } from '../../../src/config/options.ts';
import { CHANGE_KINDS } from '../../../src/model/drift.ts';
import { CLUSTER_FINDINGS, FINDINGS } from '../../../src/model/finding.ts';
import { OUTCOMES } from '../../../src/model/outcome.ts';
import { BLAMES, VERDICTS } from '../../../src/model/verdict.ts';
import { alertTexts, sourceTexts, textsIn } from './_texts.ts';

const ROOT = join(import.meta.dirname, '../../..');

const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** Cells of tables that come from the sources, the longest first: one may be a part of another. */
const CELLS = [VERDICTS, BLAMES, OUTCOMES, FINDINGS, CLUSTER_FINDINGS, CHANGE_KINDS]
  .flatMap((table): unknown[] => Object.values(table))
  .flatMap((row) => (typeof row === 'string' ? [row] : Object.values(row as object)))
  .flatMap((value: unknown) => (isCondition(value) ? [value.when] : [value]))
  .filter((value): value is string => typeof value === 'string' && value.includes(' '))
  .toSorted((a, b) => b.length - a.length);

/** `other` of a finding: the level that it has under a condition. */
function isCondition(value: unknown): value is { readonly when: string } {
  return typeof value === 'object' && value !== null && 'when' in value;
}

/** The page without code, and without the cells that come from the sources. */
function textOf(file: string): string {
  const page = proseOf(readFileSync(join(ROOT, file), 'utf8'));
  const prose = CELLS.reduce((text, cell) => text.replaceAll(cell, ''), page);
  return prose.replaceAll(/`[^`\n]*`/g, '').replaceAll(/\s+/g, ' ');
}

it.each(PAGES)('%s uses plain words', (file) => {
  expect(hardPlaces(textOf(file))).toEqual([]);
});

/** Options, errors, logs, pages, HELP of metrics, verdicts, findings, Events, alerts. */
const STRINGS = [...sourceTexts(), ...alertTexts()];

it.each([...new Set(STRINGS.map(({ file }) => file))])('strings of %s use plain words', (file) => {
  const hard = STRINGS.filter((one) => one.file === file).flatMap(({ line, text }) =>
    hardPlaces(text.replaceAll(/\s+/g, ' ')).map((place) => `line ${line}: ${place}`),
  );
  expect(hard).toEqual([]);
});

it('reads the strings of all sources', () => {
  const texts = new Set(STRINGS.map(({ text }) => text));
  expect(texts.size).toBeGreaterThan(1_000);
  expect(texts).toContain(VERDICTS.target_nxdomain.meaning);
  expect(texts).toContain(OPTIONS.kubeconfig.help);
});

it('finds hard words in strings and templates, and not in comments', () => {
  const source = [
    '// nobody',
    "const a: string = 'nobody asks';",
    `log(\`\${a} is told \${'to whom'}\`);`,
  ].join('\n');
  expect(textsIn(source).map(({ text }) => text)).toEqual(['nobody asks', ' is told ', 'to whom']);
});
