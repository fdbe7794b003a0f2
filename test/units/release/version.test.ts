import { describe, expect, it, test } from 'vitest';
import type { Change } from '../../../release/snapshot.ts';
import { inManifest, inPackage, isLess, leastAfter, numbersOf } from '../../../release/version.ts';

const ADDED: Change = { how: 'added', item: 'option --new' };
const REMOVED: Change = { how: 'removed', item: 'option --old' };
const CHANGED: Change = { how: 'changed', item: 'option --interval' };

describe('the next version', () => {
  it.each([
    ['1.2.3', [], '1.2.4'],
    ['1.2.3', [ADDED], '1.3.0'],
    ['1.2.3', [ADDED, REMOVED], '2.0.0'],
    ['1.2.3', [CHANGED], '2.0.0'],
    ['0.2.3', [], '0.2.4'],
    ['0.2.3', [ADDED], '0.3.0'],
    ['0.2.3', [REMOVED], '0.3.0'],
  ])('after %s with %j is %s at least', (version, changes, least) => {
    expect(leastAfter(version, changes)).toBe(least);
  });

  it.each([
    ['0.9.0', '0.10.0', true],
    ['0.10.0', '0.9.0', false],
    ['1.0.0', '1.0.0', false],
    ['1.9.9', '2.0.0', true],
    ['2.0.0', '1.9.9', false],
  ])('%s is less than %s: %s', (one, other, expected) => {
    expect(isLess(one, other)).toBe(expected);
  });

  it.each(['', 'v1.2.3', '1.2', '01.2.3', '1.2.3-rc.1', '1.2.3\n', '1.2.3; rm -rf'])(
    'is not %j',
    (text) => expect(() => numbersOf(text)).toThrow('a version is three numbers'),
  );
});

test('a version goes where the package has its own, and nowhere else', () => {
  const lock = JSON.stringify(
    {
      name: 'monitor',
      version: '1.0.0',
      packages: { '': { name: 'monitor', version: '1.0.0' }, other: { version: '1.0.0' } },
    },
    undefined,
    2,
  );
  const after = JSON.parse(inPackage(lock, 'monitor', '1.0.0', '1.1.0'));
  expect(after.version).toBe('1.1.0');
  expect(after.packages).toEqual({
    '': { name: 'monitor', version: '1.1.0' },
    other: { version: '1.0.0' },
  });
  expect(() => inPackage(lock, 'monitor', '9.9.9', '1.1.0')).toThrow('"version": "9.9.9"');
});

test('manifests keep their comments, and the versions of others', () => {
  const yaml = (tag: string): string => `images:
  - name: monitor # the one place
    newTag: ${tag}
  - name: proxy
    newTag: 1.0.01
labels:
  app.kubernetes.io/version: "${tag}"
  other/version: 1.0.0
`;
  expect(inManifest(yaml('1.0.0'), '1.0.0', '1.1.0')).toBe(yaml('1.1.0'));
});
