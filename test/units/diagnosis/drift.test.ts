import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observe } from '../../../src/diagnosis/drift.ts';
import type { ChangeKind } from '../../../src/model/drift.ts';
import { randomOf } from '../../fixtures/random.ts';
import {
  type Answer,
  DB,
  ELSEWHERE,
  HOUR,
  IN_PLACE,
  LIMITS,
  pick,
  poolIn,
  STEP,
  storage,
  Target,
} from './_target.ts';

describe('a database that fails over', () => {
  it('inside one network shows at once', () => {
    const target = new Target().settle(DB);
    expect(target.counts).toEqual({ addresses: 0, replaced: 0, network: 0, chain: 0 });
    expect(target.answer(['198.51.100.11'])).toEqual(IN_PLACE);
    expect(target.answer(['198.51.100.11'])).toEqual([]);
  });

  it('shows once it is learned, after 16 answers that were the same as the first', () => {
    expect(new Target().settle(DB, 16).answer(['198.51.100.11'])).toEqual(['addresses']);
    expect(new Target().settle(DB, 17).answer(['198.51.100.11'])).toEqual(IN_PLACE);
  });

  it('to another network shows that, too', () => {
    expect(new Target().settle(DB).answer(['203.0.113.1'])).toEqual(ELSEWHERE);
  });

  it('to another subnet shows that where networks are private', () => {
    expect(new Target().settle(['10.1.2.3']).answer(['10.1.2.4'])).toEqual(IN_PLACE);
    expect(new Target().settle(['10.1.2.3']).answer(['10.1.3.3'])).toEqual(ELSEWHERE);
    expect(new Target().settle(['fd00::1']).answer(['fd00:0:0:1::1'])).toEqual(ELSEWHERE);
  });

  it('and back is a change of addresses alone', () => {
    const target = new Target().settle(DB).settle(['203.0.113.1']);
    expect(target.answer(DB)).toEqual(['addresses']);
  });

  it('twice in a row shows twice, if it had stood still for half an hour', () => {
    const target = new Target().settle(DB);
    expect(target.answer(['198.51.100.11'])).toEqual(IN_PLACE);
    expect(target.answer(['203.0.113.1'])).toEqual(ELSEWHERE);
    expect(target.answer(['203.0.113.2']), 'but then it may as well be a pool').toEqual([
      'addresses',
    ]);
  });

  it('to two nodes, one of them in the old network, has not moved', () => {
    const target = new Target().settle(DB);
    expect(target.answer(['198.51.100.11', '203.0.113.1'])).toEqual(IN_PLACE);
  });

  it('again and again shows each time, if it stands still for 20 minutes in between', () => {
    const target = new Target().settle(DB, 17);
    for (let i = 0; i < 100; i++) {
      expect(target.answer([`203.0.113.${i}`])).toContain('replaced');
      target.settle([`203.0.113.${i}`], 40);
    }
  });

  it('with all of its three nodes shows, and with one of them does not', () => {
    const nodes = poolIn('198.51.100', 3);
    const target = new Target().settle(nodes);
    expect(target.answer([...nodes.slice(1), '203.0.113.1'])).toEqual(['addresses']);
    expect(new Target().settle(nodes).answer(poolIn('203.0.113', 3))).toEqual(ELSEWHERE);
  });

  it('while two caches still disagree shows once', () => {
    const target = new Target().settle(DB);
    for (let i = 0; i < 5; i++) target.settle(['203.0.113.1'], 1).settle(DB, 1);
    target.settle(['203.0.113.1']);
    expect(target.counts).toMatchObject({ replaced: 1, network: 1 });
  });
});

describe('a target with two families', () => {
  it('has changed its addresses alone when one is added or taken away', () => {
    const target = new Target().settle(DB);
    expect(target.answer([...DB, '2001:db8::1'])).toEqual(['addresses']);
    target.settle([...DB, '2001:db8::1']);
    expect(target.answer(['2001:db8::1'])).toEqual(['addresses']);
  });

  it('is in the same network by the IPv4 address that DNS64 wraps', () => {
    const target = new Target().settle(['198.51.100.10', '64:ff9b::c633:640a']);
    expect(target.answer(['198.51.100.11', '64:ff9b::c633:640b'])).toEqual(IN_PLACE);
    target.settle(['198.51.100.11', '64:ff9b::c633:640b']);
    expect(target.answer(['64:ff9b::cb00:7101'])).toEqual(ELSEWHERE);
  });
});

describe('a CNAME chain', () => {
  const at = (edge: string): Answer => ({ addresses: DB, chain: ['www.cdn.test', edge] });

  it('that changes below the same addresses shows as such', () => {
    const target = new Target().settle(at('a.test'));
    expect(target.answer(at('b.test'))).toEqual(['chain']);
    expect(target.answer(at('a.test'))).toEqual([]);
  });

  it('that appears, goes, or turns round is another one', () => {
    expect(new Target().settle(DB).answer(at('a.test'))).toEqual(['chain']);
    expect(new Target().settle(at('a.test')).answer(DB)).toEqual(['chain']);
    const turned = { addresses: DB, chain: ['a.test', 'www.cdn.test'] };
    expect(new Target().settle(at('a.test')).answer(turned)).toEqual(['chain']);
  });

  it('moves with the provider, and all kinds show', () => {
    const target = new Target().settle({ addresses: DB, chain: ['db-1.provider.test'] });
    const moved = { addresses: ['192.0.2.1'], chain: ['db.elsewhere.test'] };
    expect(target.answer(moved)).toEqual([...ELSEWHERE, 'chain']);
    expect(target.answer(moved)).toEqual([]);
  });

  it('of a traffic manager settles, and then a new one shows at once', () => {
    const random = randomOf(1);
    const edges = ['a.test', 'b.test', 'c.test'];
    const target = new Target().rotate(() => at(pick(edges, 1, random)[0] ?? ''), 2_000);
    expect(target.counts.chain).toBe(0);
    expect(target.answer(at('d.test'))).toEqual(['chain']);
  });
});

describe('an outage', () => {
  it('is no drift, and what comes after it is compared with what was before', () => {
    const target = new Target().settle(DB);
    expect(target.answer([])).toEqual([]);
    expect(target.answer([])).toEqual([]);
    expect(target.answer(DB)).toEqual([]);
    target.answer([]);
    expect(target.answer(['203.0.113.1'])).toEqual(ELSEWHERE);
  });

  it('of a week changes nothing about that', () => {
    const target = new Target().settle(DB);
    target.now += 7 * 24 * HOUR;
    expect(target.answer(DB)).toEqual([]);
    target.now += 7 * 24 * HOUR;
    expect(target.answer(['198.51.100.11'])).toEqual(IN_PLACE);
  });

  it('at the start is not the first answer', () => {
    const target = new Target();
    target.answer([]);
    expect(target.answer(DB)).toEqual([]);
    expect(target.counts.addresses).toBe(0);
  });
});

describe('memory', () => {
  it('of nothing, after a restart, makes no drift', () => {
    const target = new Target();
    expect(target.answer(DB)).toEqual([]);
    expect(target.answer(['203.0.113.1']), 'not learned yet').toEqual(['addresses']);
  });

  it('lasts for the window: who comes back later is new', () => {
    const target = new Target().settle(DB);
    target.answer(['198.51.100.11']);
    const goneAt = target.now - 2 * STEP;
    while (target.now < goneAt + LIMITS.windowMs - STEP) target.answer(['198.51.100.11']);
    const { memory, now } = target;
    const back = (at: number): readonly ChangeKind[] =>
      observe(memory && { ...memory }, { addresses: DB, chain: [] }, LIMITS, at).changes;
    expect(back(now)).toEqual(['addresses']);
    expect(back(now + STEP)).toEqual(IN_PLACE);
  });

  it('of addresses outlasts a change of the chain, and the other way round', () => {
    const target = new Target().settle(DB).settle(['203.0.113.1']);
    target.settle({ addresses: ['203.0.113.1'], chain: ['a.test'] });
    expect(target.answer({ addresses: DB, chain: ['a.test'] })).toEqual(['addresses']);
    target.settle({ addresses: DB, chain: ['a.test'] });
    expect(target.answer(DB)).toEqual([]);
  });

  it('that is full may be too small: no rotation is learned', () => {
    const target = new Target({ ...LIMITS, entries: 8 });
    const pool = storage(9);
    target.rotate((round) => pool.slice(round % 8, (round % 8) + 1), 2_000);
    expect(target.answer(pool.slice(8))).toEqual(['addresses']);
    const larger = new Target({ ...LIMITS, entries: 9 });
    larger.rotate((round) => pool.slice(round % 8, (round % 8) + 1), 2_000);
    expect(larger.answer(pool.slice(8))).toEqual(ELSEWHERE);
  });

  it('is the same object while nothing changes', () => {
    const target = new Target().settle({ addresses: DB, chain: ['a.test'] });
    const { memory } = target;
    target.settle({ addresses: [...DB], chain: ['a.test'] });
    expect(target.memory).toBe(memory);
  });

  it('knows all of the last answer, be that larger than the memory', () => {
    const many = storage(100);
    const target = new Target().settle(many);
    for (const address of many) {
      const { memory, now } = target;
      const seen = { addresses: [address], chain: [] };
      expect(observe(memory && { ...memory }, seen, LIMITS, now).changes).toEqual(['addresses']);
    }
    expect(target.answer(DB)).toEqual(ELSEWHERE);
  });

  it('of a chain is short, however long that is', () => {
    const name = 'x'.repeat(250);
    const target = new Target();
    for (let i = 0; i < 100; i++) target.answer({ addresses: DB, chain: [`${i}.${name}`, name] });
    const keys = [...(target.memory?.chains?.seen.keys() ?? [])];
    expect(keys).toHaveLength(LIMITS.entries);
    expect(Math.max(...keys.map(({ length }) => length))).toBeLessThan(50);
  });
});

describe('whatever is answered', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.1.1'),
  );
  const answer = fc.record({
    addresses: fc.uniqueArray(address, { maxLength: 20 }),
    chain: fc.array(fc.constantFrom('a.test', 'b.test', 'c.test'), { maxLength: 3 }),
  });
  const answers = fc.array(fc.tuple(answer, fc.nat({ max: 20 })), { maxLength: 40 });

  it.each([
    { entries: 16, windowMs: HOUR },
    { entries: 1_000, windowMs: 10 * STEP },
  ])('memory holds no more than its limits: %o', (limits) => {
    fc.assert(
      fc.property(answers, (all) => {
        const target = new Target(limits);
        for (const [given, times] of all) {
          target.settle(given, times + 1);
          for (const pool of [target.memory?.addresses, target.memory?.chains]) {
            expect(pool?.seen.size ?? 0).toBeLessThanOrEqual(limits.entries);
            const times = [...(pool?.seen.values() ?? [])];
            expect(times).toEqual(times.toSorted((a, b) => a - b));
          }
        }
      }),
    );
  });

  it('the same once more changes nothing', () => {
    fc.assert(
      fc.property(answers, (all) => {
        const target = new Target();
        for (const [given] of all) {
          target.answer(given);
          const { memory } = target;
          expect(target.answer(given)).toEqual([]);
          expect(target.memory).toBe(memory);
        }
      }),
    );
  });

  it('the order of addresses does not matter', () => {
    fc.assert(
      fc.property(answers, fc.nat(), (all, seed) => {
        const random = randomOf(seed);
        const [plain, shuffled] = [new Target(), new Target()];
        for (const [{ addresses, chain }, times] of all) {
          for (let i = 0; i <= times; i++) {
            const other = pick(addresses, addresses.length, random);
            expect(shuffled.answer({ addresses: other, chain })).toEqual(
              plain.answer({ addresses, chain }),
            );
          }
        }
      }),
    );
  });

  it('network goes with replaced, that with addresses, and never with an address of the answer before', () => {
    fc.assert(
      fc.property(answers, fc.constantFrom(4, 64), (all, entries) => {
        const target = new Target({ ...LIMITS, entries });
        let before: readonly string[] = [];
        for (const [given, times] of all) {
          const changes = target.answer(given);
          if (changes.includes('network')) expect(changes).toContain('replaced');
          if (changes.includes('replaced')) {
            expect(changes).toContain('addresses');
            expect(given.addresses.filter((entry) => before.includes(entry))).toEqual([]);
          }
          if (given.addresses.length > 0) before = given.addresses;
          target.settle(given, times);
        }
      }),
    );
  });
});
