import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Budget, type Release } from '../../src/probe/budget.ts';

const HANGS_MS = 2_000;

/** A budget on a clock that is set by hand, and the domains of the permits that it grants. */
function start(most: number) {
  const time = { now: 0 };
  const clock = { now: () => time.now, after: () => () => {}, random: () => 0.5 };
  const budget = new Budget(most, clock);
  const granted: string[] = [];
  const releases = new Map<string, Release>();
  const take = (name: string, isFirst = false, signal?: AbortSignal): void => {
    void budget.take(name, isFirst, signal).then((release) => {
      granted.push(name);
      releases.set(name, release);
    });
  };
  /** Its last query hung. */
  const hang = (name: string): void => {
    const release = budget.tryTake(name);
    time.now += HANGS_MS;
    release?.();
  };
  return { budget, time, granted, releases, take, hang };
}

describe('Budget', () => {
  it('looks for who comes next in no time, however many domains hang', async () => {
    const { budget, hang, take } = start(100);
    const names = Array.from({ length: 2_000 }, (_, i) => `hangs${i}`);
    for (const name of names) hang(name);
    for (const name of names) take(name, true);
    await setImmediate();
    expect(budget).toMatchObject({ outstanding: 75, waiting: 1_925 });
    const before = process.cpuUsage();
    for (let i = 0; i < 1_000; i++) budget.tryTake(`works${i % 50}`)?.();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(300);
  });

  it('serves domains that do not hang first, and rounds under way before others', async () => {
    const { time, granted, releases, take, hang } = start(2);
    hang('hangs');
    take('a');
    take('b');
    take('hangs');
    take('new', true);
    take('under-way');
    await setImmediate();
    for (const name of ['a', 'b', 'under-way', 'new']) {
      time.now += 1;
      releases.get(name)?.();
      await setImmediate();
    }
    expect(granted).toEqual(['a', 'b', 'under-way', 'new', 'hangs']);
  });

  it('ends a wait by its signal, and takes nothing then', async () => {
    const { budget, granted, releases, take } = start(1);
    const ending = new AbortController();
    take('a');
    take('b', true, ending.signal);
    await setImmediate();
    ending.abort();
    await setImmediate();
    // As a resolver does that is closed while it asks.
    take('c', false, ending.signal);
    await setImmediate();
    expect(granted).toEqual(['a', 'b', 'c']);
    expect(budget).toMatchObject({ outstanding: 1, waiting: 0 });
    releases.get('b')?.();
    releases.get('a')?.();
    expect(budget.outstanding).toBe(0);
  });

  it('takes a permit that was not used for no reply', () => {
    const { budget, hang } = start(4);
    hang('hangs');
    for (let i = 0; i < 3; i++) budget.tryTake('hangs')?.('unused');
    const taken = [1, 2, 3, 4].map(() => budget.tryTake('hangs') !== undefined);
    // Half of the budget goes to any query; beyond that, a domain that hangs has one.
    expect(taken).toEqual([true, true, false, false]);
  });
});
