import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLAIMABLE } from '../../../src/diagnosis/claimable.ts';
import { CLUSTER_FINDINGS, RULES } from '../../../src/model/finding.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/findings.md'), 'utf8');

describe('docs/findings.md', () => {
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
