import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget, type Release } from '../../../src/probe/budget.ts';
import { FakeClock } from './_fake.ts';

function budgetOf(most: number) {
  const clock = new FakeClock();
  const budget = new Budget(most, clock);
  const granted: string[] = [];
  /** Asks for a permit, and keeps it; the result says whether it has it. */
  const take = (domain: string, isFirst = false) => {
    const state: { release: Release | undefined } = { release: undefined };
    void budget.take(domain, isFirst).then((release) => {
      state.release = release;
      granted.push(domain);
    });
    return state;
  };
  const settle = (): Promise<void> => clock.advance(0);
  return { clock, budget, granted, take, settle };
}

/** Lets a domain hang: its permits are older than any reply. */
const HANGING_MS = 2_500;

describe('Budget', () => {
  it('grants no more permits than there are', async () => {
    const { budget, take, settle } = budgetOf(4);
    const taken = ['a', 'b', 'c', 'd', 'e'].map((domain) => take(domain));
    await settle();
    expect(taken.map(({ release }) => release !== undefined)).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    expect([budget.outstanding, budget.waiting]).toEqual([4, 1]);
    taken[0]?.release?.();
    await settle();
    expect([budget.outstanding, budget.waiting]).toEqual([4, 0]);
  });

  it('lets domains that hang use three quarters, and no more', async () => {
    const { clock, budget, take } = budgetOf(10);
    for (let i = 0; i < 2; i++) take('hangs');
    await clock.advance(HANGING_MS);
    for (let i = 0; i < 10; i++) take('hangs');
    await clock.advance(0);
    expect(budget.outstanding).toBe(8);
  });

  it('counts what a domain has under way among the hanging once one of it hangs', () => {
    const { budget } = budgetOf(8);
    for (let i = 0; i < 10; i++) budget.tryTake('a')?.(true);
    const [first] = Array.from({ length: 6 }, () => budget.tryTake('a'));
    first?.(false);
    // Five, and three quarters of eight are six.
    expect(budget.tryTake('a')).toBeDefined();
    expect(budget.tryTake('a')).toBeUndefined();
  });

  it('gives a domain that works as many permits beyond half as it had replies, and one more', async () => {
    const { clock, budget, take, settle } = budgetOf(20);
    for (let i = 0; i < 10; i++) take('hangs');
    await clock.advance(HANGING_MS);
    // Half is in use.
    const works = budget.tryTake('works');
    expect(budget.tryTake('works')).toBeUndefined();
    works?.(true);
    const two = [budget.tryTake('works'), budget.tryTake('works'), budget.tryTake('works')];
    expect(two.map((permit) => permit !== undefined)).toEqual([true, true, false]);
    for (const release of two) release?.(true);
    // Three replies by now.
    const more = Array.from({ length: 6 }, () => budget.tryTake('works'));
    expect(more.filter((permit) => permit !== undefined)).toHaveLength(4);
    await settle();
  });

  it('keeps the last quarter for domains that work', async () => {
    const { clock, budget, take } = budgetOf(20);
    budget.tryTake('hung')?.(false);
    for (let i = 0; i < 10; i++) take('hangs');
    for (let i = 0; i < 4; i++) take(`hangs${i}`);
    await clock.advance(HANGING_MS);
    // Fourteen hang, and then fifteen.
    const last = budget.tryTake('hung');
    expect(last).toBeDefined();
    last?.();
    budget.tryTake('hangs4');
    await clock.advance(HANGING_MS);
    expect(budget.tryTake('hung')).toBeUndefined();
    expect(budget.tryTake('unknown')).toBeDefined();
    expect(budget.outstanding).toBe(16);
  });

  /** A budget of which domains that hang have all that they may. */
  async function exhausted() {
    const parts = budgetOf(10);
    const hang = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) parts.take('stuck');
      await parts.clock.advance(HANGING_MS);
      for (let i = 0; i < 3; i++) parts.take('stuck');
      await parts.settle();
    };
    const hangs = (name: string): boolean => {
      const release = parts.budget.tryTake(name);
      release?.();
      return release === undefined;
    };
    return { ...parts, hang, hangs };
  }

  it('takes neither a permit that is given back unused nor a short timeout for a reply', async () => {
    const { budget, hang, hangs } = await exhausted();
    budget.tryTake('timed-out')?.(false);
    budget.tryTake('replied')?.(false);
    budget.tryTake('replied')?.(true);
    budget.tryTake('unused')?.(false);
    budget.tryTake('unused')?.();
    await hang();
    expect(['timed-out', 'unused', 'replied', 'unknown'].map(hangs)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('takes a late reply for none', async () => {
    const { clock, take, hang, hangs } = await exhausted();
    const late = take('slow');
    await clock.advance(HANGING_MS);
    late.release?.(true);
    await hang();
    expect(hangs('slow')).toBe(true);
  });

  it('serves rounds under way before those that have not begun, and in their order', async () => {
    const { granted, take, settle } = budgetOf(1);
    const holder = take('holder');
    await settle();
    const waiting = [take('a', true), take('b', true), take('c'), take('d')];
    holder.release?.(true);
    await settle();
    for (const index of [2, 3, 0, 1]) {
      waiting[index]?.release?.(true);
      await settle();
    }
    expect(granted).toEqual(['holder', 'c', 'd', 'a', 'b']);
  });

  it('serves domains that work before those that hang', async () => {
    const { budget, granted, take, settle } = budgetOf(4);
    budget.tryTake('hung')?.(false);
    budget.tryTake('works')?.(true);
    const [first] = ['a', 'b', 'c', 'd'].map((domain) => take(domain));
    take('hung');
    take('works', true);
    await settle();
    first?.release?.(true);
    await settle();
    expect(granted).toEqual(['a', 'b', 'c', 'd', 'works']);
  });

  it('keeps an eighth for rounds under way that hang, of the domain first that has hung longest', async () => {
    const { clock, budget, granted, take, settle } = budgetOf(8);
    for (const domain of ['early', 'late']) {
      budget.tryTake(domain)?.(false);
      await clock.advance(1_000);
    }
    budget.tryTake('works')?.(true);
    const names = Array.from({ length: 8 }, (_, i) => `holder${i}`);
    for (const domain of names) budget.tryTake(domain)?.(true);
    const holders = names.map((domain) => budget.tryTake(domain));
    for (const domain of ['late', 'early']) take(domain);
    take('works', true);
    for (const release of holders.slice(0, 2)) release?.(true);
    await settle();
    expect(granted).toEqual(['early', 'works']);
  });

  it('passes over one that worked and hangs by now', async () => {
    const { clock, budget, granted, take, settle } = budgetOf(4);
    for (const domain of ['stops', 'works', 'works']) budget.tryTake(domain)?.(true);
    take('stops');
    take('hangs');
    await clock.advance(HANGING_MS);
    take('hangs');
    const release = budget.tryTake('works');
    take('stops');
    take('works');
    release?.(true);
    await settle();
    expect(granted).toEqual(['stops', 'hangs', 'hangs', 'works']);
  });

  it('gives new domains a part of what domains that hang leave, and no more', async () => {
    const { clock, budget, granted, take, settle } = budgetOf(16);
    budget.tryTake('works')?.(true);
    for (let i = 0; i < 8; i++) take('hangs');
    await clock.advance(HANGING_MS);
    for (let i = 0; i < 8; i++) take('hangs');
    for (let i = 0; i < 4; i++) take(`new${i}`, true);
    take('works');
    await settle();
    expect(granted.filter((domain) => domain === 'hangs')).toHaveLength(12);
    expect(granted.slice(12)).toEqual(['new0', 'new1', 'works']);
  });

  it('lets new domains and those that hang take turns', async () => {
    const { budget, granted, take, settle } = budgetOf(2);
    for (const domain of ['hung0', 'hung1', 'hung2']) budget.tryTake(domain)?.(false);
    const holders = [budget.tryTake('holder'), budget.tryTake('other')];
    for (let i = 0; i < 3; i++) take(`new${i}`, true);
    for (let i = 0; i < 3; i++) void take(`hung${i}`, true);
    for (const release of holders) release?.(true);
    await settle();
    expect(granted).toEqual(['new0', 'hung0']);
  });

  it('ends a wait by its signal, and takes nothing then', async () => {
    const { budget, settle } = budgetOf(1);
    const release = budget.tryTake('a');
    const ending = new AbortController();
    let isOver = false;
    void budget.take('b', true, ending.signal).then((unused) => {
      unused();
      isOver = true;
    });
    await settle();
    expect([budget.outstanding, budget.waiting]).toEqual([1, 1]);
    ending.abort();
    await settle();
    expect([isOver, budget.outstanding, budget.waiting]).toEqual([true, 1, 0]);
    release?.();
    expect(budget.outstanding).toBe(0);
  });

  it('takes a second release for nothing', async () => {
    const { budget, take, settle } = budgetOf(10);
    for (let i = 0; i < 5; i++) take(`other${i}`);
    await settle();
    const release = budget.tryTake('works');
    release?.(true);
    release?.(true);
    expect(budget.outstanding).toBe(5);
    // One reply, not two.
    const permits = [budget.tryTake('works'), budget.tryTake('works'), budget.tryTake('works')];
    expect(permits.map((permit) => permit !== undefined)).toEqual([true, true, false]);
  });

  it('never exceeds its cap, and leaves none waiting for ever', async () => {
    const step = fc.record({
      domain: fc.integer({ min: 0, max: 5 }),
      isFirst: fc.boolean(),
      pauseMs: fc.integer({ min: 0, max: 1_500 }),
      heldMs: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant(5_000)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.array(step, { minLength: 1, maxLength: 40 }),
        async (most, steps) => {
          const clock = new FakeClock();
          const budget = new Budget(most, clock);
          let granted = 0;
          for (const { domain, isFirst, pauseMs, heldMs } of steps) {
            void budget.take(`d${domain}`, isFirst).then((release) => {
              granted++;
              clock.after(heldMs, () => release(heldMs < 1_000));
            });
            await clock.advance(pauseMs);
            expect(budget.outstanding).toBeLessThanOrEqual(most);
            // Below half, nothing waits.
            if (budget.outstanding < most / 2) expect(budget.waiting).toBe(0);
          }
          await clock.advance(5_000 * steps.length + 1);
          expect([granted, budget.outstanding, budget.waiting]).toEqual([steps.length, 0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
