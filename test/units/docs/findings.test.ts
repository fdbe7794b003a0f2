import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLAIMABLE } from '../../../src/diagnosis/claimable.ts';
import { CLUSTER_FINDINGS, FINDINGS, RULES, type RuleText } from '../../../src/model/finding.ts';
import type { Verdict } from '../../../src/model/verdict.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/findings.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('|'));

describe('docs/findings.md', () => {
  it('tells of each rule what the program tells of it, in its order, and of no other', () => {
    const told = Object.entries<RuleText>(FINDINGS).map(
      ([rule, { level, other, from, meaning, advice }]) => {
        const levels = other ? `${level}; ${other.level} when ${other.when}` : level;
        return `| \`${rule}\` | ${levels} | ${from} | ${meaning} | ${advice} |`;
      },
    );
    const [first = ''] = told;
    const start = rows.indexOf(first);
    expect(rows.slice(start, start + told.length)).toEqual(told);
    expect(rows[start + told.length]).toBe('| finding | verdict |');
  });

  it('has those of the whole cluster in a table of their own', () => {
    const told = Object.entries<RuleText>(CLUSTER_FINDINGS).map(
      ([rule, { level, from, meaning, advice }]) =>
        `| \`${rule}\` | ${level} | ${from} | ${meaning} | ${advice} |`,
    );
    for (const row of told) expect(rows).toContain(row);
  });

  it('tells which verdict states a finding already', () => {
    const table = rows.slice(rows.indexOf('| finding | verdict |') + 2);
    const stated = table.flatMap((row) => {
      const [rules = '', verdicts = ''] = row.split('|').slice(1);
      const of = wordsOf(verdicts);
      return of.length === 0 ? [] : wordsOf(rules).map((rule) => [rule, of] as const);
    });
    const expected = Object.entries<RuleText>(FINDINGS)
      .filter(([, { statedBy }]) => statedBy.length > 0)
      .map(([rule, { statedBy }]): [string, readonly Verdict[]] => [rule, statedBy]);
    expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(expected));
  });

  it('explains only rules that there are', () => {
    const explained = [...page.matchAll(/^- \*\*`(\w+)`\*\*/gm)].map(([, rule]) => rule);
    expect(explained.length).toBeGreaterThan(5);
    const known = [...RULES, ...Object.keys(CLUSTER_FINDINGS)];
    for (const rule of explained) expect(known).toContain(rule);
  });
});

describe('the list of claimable suffixes', () => {
  it('has each suffix once, as a domain, with a source that can be opened', () => {
    expect(new Set(CLAIMABLE.map(({ suffix }) => suffix)).size).toBe(CLAIMABLE.length);
    for (const { suffix, source, provider } of CLAIMABLE) {
      expect(suffix).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);
      expect(URL.canParse(source)).toBe(true);
      expect(provider).not.toBe('');
    }
  });
});

function wordsOf(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
}
