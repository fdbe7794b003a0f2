import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { promiseOf } from '../../lab/matrix/page.ts';
import { ROWS } from '../../lab/matrix/rows/index.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/fault-matrix.md'), 'utf8');

describe('docs/fault-matrix.md', () => {
  it('has each row of the matrix, as it is run, and no other', () => {
    const told = page
      .split('\n')
      .filter((line) => line.startsWith('| ') && line.split('|').length === 11);
    const rows = told.filter((line) => !line.startsWith('| fault |'));
    expect(rows).toHaveLength(ROWS.length);
    for (const row of ROWS) {
      const promise = promiseOf(row).slice(0, -2);
      expect(rows.some((line) => line.startsWith(`${promise} |`)) ? '' : promise).toBe('');
    }
  });

  it('was written from a run in which every row had its turn', () => {
    expect(page).not.toContain('| not run |');
  });

  it('has at least forty faults, each by a name of its own', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
  });
});
