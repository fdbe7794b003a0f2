import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHANGE_KINDS } from '../../../src/model/drift.ts';
import { OUTCOMES } from '../../../src/model/outcome.ts';
import { BLAMES, VERDICTS } from '../../../src/model/verdict.ts';

const rowsOf = (page: string): string[] =>
  readFileSync(join(import.meta.dirname, '../../../docs', page), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'));
const rows = rowsOf('verdicts.md');

describe('docs/drift.md', () => {
  it('tells of each kind of change what the program tells of it, and of no other', () => {
    const told = Object.entries(CHANGE_KINDS).map(
      ([kind, meaning]) => `| \`${kind}\` | ${meaning} |`,
    );
    expect(rowsOf('drift.md').slice(2)).toEqual(told);
  });
});

describe('docs/verdicts.md', () => {
  it('tells of each verdict what the program tells of it, and of no other', () => {
    for (const [verdict, { meaning, advice }] of Object.entries(VERDICTS)) {
      const row = rows.find((line) => line.includes(`| \`${verdict}\` |`));
      expect(row).toContain(`| ${meaning} |`);
      expect(row).toContain(`| ${advice} |`);
    }
    const told = rows.flatMap((line) => /^\| (?:–|0|1|1 or –) \| `(\w+)`/.exec(line)?.[1] ?? []);
    expect(new Set(told)).toEqual(new Set(Object.keys(VERDICTS)));
  });

  it('tells of each blame and outcome', () => {
    for (const [blame, { meaning }] of Object.entries(BLAMES))
      expect(rows).toContain(`| \`${blame}\` | ${meaning} |`);
    for (const [outcome, { meaning, folded }] of Object.entries(OUTCOMES)) {
      expect(rows).toContain(`| \`${outcome}\` | \`${folded}\` | ${meaning} |`);
    }
  });
});
