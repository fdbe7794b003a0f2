import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CHANGE_KINDS } from '../../../src/model/drift.ts';
import { CLUSTER_FINDINGS, FINDINGS } from '../../../src/model/finding.ts';
import { OUTCOMES } from '../../../src/model/outcome.ts';
import { BLAMES, VERDICTS } from '../../../src/model/verdict.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Words that a reader in a hurry, or of another mother tongue, has to read twice. CONTRIBUTING.md has the style. */
const HARD = [
  'anew',
  'astray',
  'besides',
  'heed',
  'heeded',
  'heeds',
  'lest',
  'mend',
  'mended',
  'mends',
  'nobody',
  'somebody',
  'everybody',
  'otherwise than',
  'tell',
  'tells',
  'told',
  'whom',
  'whoever',
  'whose',
  'has it',
  'have it',
  'those that',
  'those which',
  'all the same',
  'believe',
  'believed',
  'believes',
  'hear',
  'heard',
  'hears',
  'lets in',
  'misspelt',
  'time-out',
  'time-outs',
];

/** Written from the sources: their texts are changed there. */
const GENERATED = ['docs/options.md', 'docs/fault-matrix.md'];

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
].filter((file) => !GENERATED.includes(file));

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

/** The page without code, without the heads of tables, and without the cells that come from the sources. */
function proseOf(file: string): string {
  const page = readFileSync(join(ROOT, file), 'utf8')
    .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
    .replaceAll(/^ *\|.*\|\n(?= *\| ?---)/gm, '');
  const prose = CELLS.reduce((text, cell) => text.replaceAll(cell, ''), page);
  return prose.replaceAll(/`[^`\n]*`/g, '').replaceAll(/\s+/g, ' ');
}

function around(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(({ index, 0: found }) =>
    text.slice(Math.max(0, index - 30), index + found.length + 30).trim(),
  );
}

it.each(PAGES)('%s uses plain words', (file) => {
  const prose = proseOf(file);
  const hard = around(prose, new RegExp(`(?<![\\w-])(?:${HARD.join('|')})(?![\\w-])`, 'gi'));
  // "What" begins a question, and is no noun.
  const nouns = around(prose, /\bwhat\b(?![^.|]*\?)/gi);
  expect([...hard, ...nouns, ...around(prose, /, too\b/g)]).toEqual([]);
});
