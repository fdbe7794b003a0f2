import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Live, MOST_WATCHERS } from '../../../src/http/live.ts';

const START = 1_000_000;
const OLD = { since: 0 };

let live: Live;
let told: number[];
const tell = (): void => {
  told.push(Date.now() - START);
};

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  live = new Live();
  told = [];
});
afterEach(() => {
  vi.useRealTimers();
});

/** The same change every 100 ms, for so long. */
function change(forMs: number, key: string, recordAt: () => { since: number } | undefined): void {
  const end = Date.now() + forMs;
  while (Date.now() < end) {
    live.changed(key, recordAt(), Date.now());
    vi.advanceTimersByTime(100);
  }
}

describe('who watches all', () => {
  it('is told of a new verdict, of what has gone, and at most once a second', () => {
    live.watch(undefined, tell, START);
    change(3_500, 'a/b', () => ({ since: Date.now() }));
    expect(told).toEqual([1_000, 2_000, 3_000]);
    vi.advanceTimersByTime(60_000);
    expect(told).toHaveLength(4);
    live.changed('a/b', undefined, Date.now());
    vi.advanceTimersByTime(0);
    expect(told).toHaveLength(5);
  });

  it('is told of rounds that change no verdict every ten seconds', () => {
    live.watch(undefined, tell, START);
    change(25_000, 'a/b', () => OLD);
    expect(told).toEqual([10_000, 20_000]);
  });

  it('does not wait for those when there is news', () => {
    live.watch(undefined, tell, START);
    live.changed('a/b', OLD, START);
    vi.advanceTimersByTime(3_000);
    live.changed('a/c', { since: Date.now() }, Date.now());
    vi.advanceTimersByTime(0);
    expect(told).toEqual([3_000]);
  });
});

describe('who watches one Service', () => {
  it('is told of each of its rounds, and of nothing else', () => {
    live.watch('a/b', tell, START);
    change(5_000, 'a/c', () => ({ since: Date.now() }));
    expect(told).toEqual([]);
    live.changed('a/b', OLD, Date.now());
    vi.advanceTimersByTime(0);
    expect(told).toEqual([5_000]);
  });
});

it('tells nothing to whom has gone, and leaves no timer behind', () => {
  const unwatch = live.watch(undefined, tell, START);
  live.changed('a/b', { since: START }, START);
  expect(vi.getTimerCount()).toBe(1);
  unwatch?.();
  expect(vi.getTimerCount()).toBe(0);
  live.changed('a/b', { since: START }, START);
  expect(vi.getTimerCount()).toBe(0);
  expect(live.watchers).toBe(0);
});

it('refuses more than so many, until one goes', () => {
  const all = Array.from({ length: MOST_WATCHERS }, () => live.watch(undefined, tell, START));
  expect(live.watch(undefined, tell, START)).toBeUndefined();
  all[0]?.();
  expect(live.watch(undefined, tell, START)).toBeDefined();
});
