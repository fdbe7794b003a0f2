import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changesBetween, releasedIn, snapshotOf, untold } from '../../../release/snapshot.ts';
import { surface } from '../../../release/surface.ts';

const RELEASED = ['option --interval <duration> default: 30s', 'verdict flaky', 'verdict healthy'];
const CURRENT = ['option --interval <duration> default: 1m', 'verdict healthy', 'verdict stale'];

describe('a snapshot', () => {
  it('marks what is new and what is gone since the last release, and still knows both', () => {
    const text = snapshotOf(RELEASED, CURRENT);
    expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      '+ option --interval <duration> default: 1m',
      '- option --interval <duration> default: 30s',
      '- verdict flaky',
      '  verdict healthy',
      '+ verdict stale',
      '',
    ]);
    expect(releasedIn(text)).toEqual(RELEASED);
  });

  it('loses its marks when nothing differs', () => {
    expect(snapshotOf(CURRENT, CURRENT)).not.toMatch(/^[+-]/m);
  });

  it('can be written anew over one that was merged badly', () => {
    const [ours, theirs] = [snapshotOf(RELEASED, CURRENT), snapshotOf(RELEASED, RELEASED)];
    const merged = `<<<<<<< ours\n${ours}=======\n${theirs}>>>>>>> theirs\n`;
    expect(snapshotOf(releasedIn(merged), CURRENT)).toBe(ours);
  });
});

describe('a change of what is public', () => {
  const changes = changesBetween(RELEASED, CURRENT);
  const told = { Added: '`stale`', Changed: '`--interval` is `1m`', Removed: '`flaky`' };

  it('is an addition, a removal, or another promise under the same name', () => {
    expect(changes).toEqual([
      { how: 'changed', item: 'option --interval' },
      { how: 'removed', item: 'verdict flaky' },
      { how: 'added', item: 'verdict stale' },
    ]);
  });

  it('is told where the changelog names it under a heading that says so', () => {
    expect(untold(changes, new Map(Object.entries(told)))).toEqual([]);
  });

  it.each([
    ['Added', 'verdict stale was added'],
    ['Changed', 'option --interval was changed'],
    ['Removed', 'verdict flaky was removed'],
  ] as const)('is not told by a changelog without its words under %s', (heading, missing) => {
    const words = told[heading];
    // The same words elsewhere are an accident: of an earlier change, or of another.
    const elsewhere = new Map(Object.entries({ ...told, [heading]: 'much', Security: words }));
    const lines = untold(changes, elsewhere);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(missing);
  });
});

describe('the public surface', () => {
  const items = surface();

  it('has each item once, on one line, by a name without spaces', () => {
    expect(new Set(items).size).toBe(items.length);
    for (const item of items) expect(item).toMatch(/^[a-z-]+ \S+( \S+)*$/);
    const names = items.map((item) => item.split(' ').slice(0, 2).join(' '));
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    'metric externalname_service_up gauge namespace service',
    'metric externalname_exchanges_total counter outcome server transport',
    'option --interval EXTERNALNAME_MONITOR_INTERVAL <duration> default: 30s',
    'annotation externalname-monitor/severity',
    'verdict target_nxdomain',
    'exit-status 2 an option, a variable or a file could not be used',
  ])('has %s', (item) => {
    expect(items).toContain(item);
  });

  it('is what docs/public-surface.txt has, and the changelog tells what is new', () => {
    const root = join(import.meta.dirname, '../../..');
    const script = join(root, 'release/surface-main.ts');
    expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toContain(
      `${items.length} items`,
    );
    expect(readFileSync(join(root, 'docs/public-surface.txt'), 'utf8')).toContain('stability.md');
  });

  it.each([
    ['exit-status', 'stability.md'],
    ['check-exit-status', 'check.md'],
  ])('has each %s that docs/%s tells', (kind, file) => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs', file), 'utf8');
    const told = [...page.matchAll(/^\| (\d) \| (.*) \|$/gm)].map(
      ([, status, meaning]) => `${kind} ${status} ${meaning?.replaceAll('`', '')}`,
    );
    expect(told).toEqual(items.filter((item) => item.startsWith(`${kind} `)));
  });
});
