import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { writtenPages } from '../../../docs/generate.ts';
import { TABLES, withTables } from '../../../docs/tables.ts';
import { VERDICTS } from '../../../src/model/verdict.ts';

const pages = [...writtenPages()];
const read = (path: string): string =>
  readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

test.each(pages)('%s is as `npm run docs` writes it', (path, text) => {
  expect(read(path)).toBe(text);
});

test.each(Object.keys(TABLES))('the table %s is in a page', (name) => {
  expect(pages.some(([, text]) => text.includes(`<!-- table ${name}, `))).toBe(true);
});

it('takes no table that there is not', () => {
  expect(() => withTables('<!-- table odd -->\n<!-- end -->')).toThrow('got odd');
});

test('each verdict that leaves pods without an address says what dig shows', () => {
  const without = Object.entries(VERDICTS).filter(([, row]) => !('dig' in row));
  expect(without.filter(([, { up }]) => up.includes('0')).map(([verdict]) => verdict)).toEqual([]);
});
