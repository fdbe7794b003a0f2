import { describe, expect, it } from 'vitest';
import { finalTarget, isInLoop } from '../../../src/diagnosis/loop.ts';
import { specOf } from '../../fixtures/spec.ts';

const DOMAIN = 'cluster.local';
const alias = (name: string): string => `${name}.shop.svc.${DOMAIN}`;

function loops(targets: Record<string, string>, name: string): boolean {
  const specs = new Map(
    Object.entries(targets).map(([key, externalName]) => [
      `shop/${key}`,
      specOf(key, { externalName }),
    ]),
  );
  return isInLoop(specs.get(`shop/${name}`) ?? specOf(name), DOMAIN, (key) => specs.get(key));
}

describe('isInLoop', () => {
  it.each([
    ['a target outside', { a: 'db.example.com' }, false],
    ['an alias of an alias', { a: alias('b'), b: 'db.example.com' }, false],
    ['an alias of a Service that is not watched', { a: alias('b') }, false],
    ['itself', { a: alias('a') }, true],
    ['itself, written otherwise', { a: `${alias('a').toUpperCase()}.` }, true],
    ['a name below itself', { a: `x.${alias('a')}` }, true],
    ['two that point to each other', { a: alias('b'), b: alias('a') }, true],
    ['one that leads into a loop of others', { a: alias('b'), b: alias('c'), c: alias('b') }, true],
    ['a name that only looks like an alias', { a: `x.y.${alias('b')}`, b: alias('a') }, false],
  ])('%s: %s', (_what, targets, expected) => {
    expect(loops(targets as Record<string, string>, 'a')).toBe(expected);
  });

  it.each([1, 2, 11, 17, 64])('finds a loop of %i', (length) => {
    const targets = Object.fromEntries(
      Array.from({ length }, (_, i) => [`s${i}`, alias(`s${(i + 1) % length}`)]),
    );
    expect(loops(targets, 's0')).toBe(true);
  });

  it('ends in a chain of ten thousand', () => {
    const targets = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`s${i}`, alias(`s${i + 1}`)]),
    );
    expect(loops(targets, 's0')).toBe(false);
  });
});

describe('finalTarget', () => {
  it.each([
    ['a target outside', { a: 'db.example.com' }, 'db.example.com'],
    [
      'an alias of an alias',
      { a: alias('b'), b: alias('c'), c: 'db.example.com' },
      'db.example.com',
    ],
    ['an alias of a Service that is not watched', { a: alias('b') }, alias('b')],
  ])('%s', (_what, targets: Record<string, string>, expected) => {
    const find = (key: string) => ({ target: targets[key.slice('shop/'.length)] ?? '' });
    const known = (key: string) => (find(key).target ? find(key) : undefined);
    expect(finalTarget(targets.a ?? '', DOMAIN, known)).toBe(expected);
  });

  it('ends in a loop', () => {
    expect(finalTarget(alias('a'), DOMAIN, () => ({ target: alias('a') }))).toBe(alias('a'));
  });
});
