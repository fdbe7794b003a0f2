import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, test } from 'vitest';
import { writtenPages } from '../../../docs/generate.ts';
import { TABLES, withSections, withTables } from '../../../docs/tables.ts';
import { VERDICTS } from '../../../src/model/verdict.ts';

const pages = [...(await writtenPages())];
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

it('writes a section for a family that has none, before what follows', async () => {
  const page = read('docs/metrics.md');
  const without = page.replace(/^### externalname_services\n[\s\S]*?(?=^### )/m, '');
  const written = await withSections(`${without}\n## More\n`);
  expect(written).toContain(
    '\n### externalname_services\n\nExternalName Services that are watched.\n',
  );
  expect(written.endsWith('\n## More\n')).toBe(true);
  expect(written.match(/^## /gm)).toEqual(`${without}\n## More\n`.match(/^## /gm));
  expect(await withSections(page)).toBe(page);
});

test('each verdict that leaves pods without an address says what dig shows', () => {
  const without = Object.entries(VERDICTS).filter(([, row]) => !('dig' in row));
  expect(without.filter(([, { up }]) => up.includes('0')).map(([verdict]) => verdict)).toEqual([]);
});
