import { describe, expect, it } from 'vitest';
import type { QueryResult, Round } from '../../../src/model/round.ts';
import {
  type History,
  MOST_EDITS,
  MOST_FAILURES,
  newHistory,
  unpackedList,
  unpackedQueries,
  withDrift,
  withEdit,
  withRound,
  withVerdict,
} from '../../../src/state/history.ts';
import { MOST_ROUNDS, unpackedSamples } from '../../../src/state/latencies.ts';
import { result, untimed } from '../../fixtures/rounds.ts';

const HEALTHY = { verdict: 'healthy', blame: 'none' } as const;
const FAILING = { verdict: 'target_failing', blame: 'target' } as const;

/** An answer without a time, unless `change` has one. */
function answer(change: Partial<QueryResult> = {}): QueryResult {
  return { ...untimed(result('ok', { exchanges: [] })), ...change };
}

const SILENCE = answer({ outcome: 'timeout' });

const timed = (seconds: number): Round => ({
  app: { A: answer({ seconds }), AAAA: answer({ seconds: seconds / 2 }) },
  alias: answer({ seconds: seconds / 4 }),
});

const SERVFAIL: Round = {
  alias: answer({
    seconds: 0.001,
    exchanges: [{ server: '10.96.0.10:53', transport: 'udp', outcome: 'ok', seconds: 0.001 }],
  }),
  target: {
    A: answer({
      outcome: 'servfail',
      exchanges: [
        { server: '[fd00::a]:53', transport: 'udp', outcome: 'timeout' },
        { server: '[fd00::a]:53', transport: 'tcp', outcome: 'servfail', seconds: 0.0123 },
      ],
    }),
  },
};

describe('failures', () => {
  it('begin and end with the verdict, also where only the blame is another', () => {
    let history = withVerdict(newHistory(0), { verdict: 'pending', blame: 'none' }, 1);
    expect(history.failures).toEqual([]);
    history = withVerdict(history, FAILING, 2);
    expect(withVerdict(history, FAILING, 3)).toBe(history);
    history = withVerdict(history, { ...FAILING, blame: 'upstream_dns' }, 4);
    history = withVerdict(history, HEALTHY, 5);
    expect(history.failures).toEqual([
      { ...FAILING, since: 2, until: 4, rounds: 0 },
      { ...FAILING, blame: 'upstream_dns', since: 4, until: 5, rounds: 0 },
    ]);
  });

  it('are not pushed out by good rounds, however many, and the oldest goes when there are too many', () => {
    let history = withRound(withVerdict(newHistory(0), FAILING, 1), SERVFAIL, 1);
    history = withVerdict(history, HEALTHY, 2);
    for (let now = 3; now < 10_000; now++) history = withRound(history, timed(0.002), now);
    expect(history.failures).toHaveLength(1);
    expect(unpackedQueries(history.lastFailing?.queries ?? '')).toHaveLength(2);
    for (let now = 10_000; now < 10_040; now += 2) {
      history = withVerdict(withVerdict(history, FAILING, now), HEALTHY, now + 1);
    }
    expect(history.failures).toHaveLength(MOST_FAILURES);
    expect(history.failures.at(-1)).toEqual({
      ...FAILING,
      since: 10_038,
      until: 10_039,
      rounds: 0,
    });
  });

  it('keep how their first and last round went, exchange by exchange', () => {
    let history = withVerdict(newHistory(0), FAILING, 1);
    history = withRound(history, {}, 1);
    history = withRound(history, SERVFAIL, 2);
    history = withRound(history, { alias: answer() }, 3);
    const [failure] = history.failures;
    expect(failure?.rounds).toBe(3);
    // What was not asked, as cluster DNS was silent, tells nothing.
    expect(unpackedQueries(failure?.first ?? '')).toEqual([
      {
        hop: 'alias',
        type: 'CNAME',
        outcome: 'ok',
        exchanges: [{ transport: 'udp', server: '10.96.0.10:53', outcome: 'ok', milliseconds: 1 }],
      },
      {
        hop: 'target',
        type: 'A',
        outcome: 'servfail',
        exchanges: [
          { transport: 'udp', server: '[fd00::a]:53', outcome: 'timeout' },
          { transport: 'tcp', server: '[fd00::a]:53', outcome: 'servfail', milliseconds: 12.3 },
        ],
      },
    ]);
    expect(history.lastFailing?.at).toBe(3);
    expect(unpackedQueries(history.lastFailing?.queries ?? '')).toHaveLength(1);
  });
});

describe('drift', () => {
  const drifted = (history: History, kinds: Parameters<typeof withDrift>[1], now: number) =>
    withDrift(
      history,
      kinds,
      { addresses: ['192.0.2.1'], chain: [] },
      { addresses: ['198.51.100.1', '2001:db8::1'], chain: ['edge.example.net'] },
      now,
    );

  it('keeps before and after, and no rotation pushes out a move', () => {
    let history = drifted(newHistory(0), ['addresses', 'replaced', 'network', 'chain'], 1);
    for (let now = 2; now < 1_000; now++) history = drifted(history, ['addresses'], now);
    const [move] = history.moves;
    expect(move).toMatchObject({ at: 1, kinds: ['addresses', 'replaced', 'network', 'chain'] });
    expect(unpackedList(move?.before.addresses ?? '')).toEqual({ total: 1, first: ['192.0.2.1'] });
    expect(unpackedList(move?.before.chain ?? '')).toEqual({ total: 0, first: [] });
    expect(unpackedList(move?.after.chain ?? '')).toEqual({
      total: 1,
      first: ['edge.example.net'],
    });
    expect(history.rotations.map(({ at }) => at)).toEqual([998, 999]);
  });
});

it('stays small whatever tenants and DNS servers write', () => {
  const long = 'a'.repeat(100_000);
  const many = Array.from({ length: 256 }, () => '2001:db8:1111:2222:3333:4444:5555:6666');
  const chain = Array.from({ length: 32 }, () => '\\255'.repeat(250));
  let history = newHistory(0);
  for (let now = 0; now < 100; now++) {
    history = withEdit(history, { at: now, from: long, to: long, by: long });
    history = withDrift(
      history,
      ['network'],
      { addresses: many, chain },
      { addresses: [], chain },
      now,
    );
    history = withDrift(
      history,
      ['addresses'],
      { addresses: many, chain },
      { addresses: [], chain },
      now,
    );
    history = withVerdict(history, now % 2 ? HEALTHY : FAILING, now);
    const exchanges = Array.from({ length: 100 }, () => ({
      server: '10.96.0.10:53',
      transport: 'udp' as const,
      outcome: 'timeout' as const,
    }));
    history = withRound(history, { alias: answer({ exchanges }) }, now);
  }
  expect(history.edits).toHaveLength(MOST_EDITS);
  expect(JSON.stringify(history).length).toBeLessThan(40_000);
  const addresses = unpackedList(history.moves.at(-1)?.before.addresses ?? '');
  expect([addresses.total, addresses.first.length]).toEqual([256, 8]);
});

describe('latencies', () => {
  it('are those of the last rounds, within 3 %, by the slower type of each hop', () => {
    let { latencies } = newHistory(0);
    const seconds = Array.from({ length: MOST_ROUNDS + 20 }, (_, i) => 0.0001 * 1.15 ** i);
    for (const one of seconds) {
      latencies = withRound({ ...newHistory(0), latencies }, timed(one), 0).latencies;
    }
    const expected = seconds.slice(-MOST_ROUNDS);
    const app = unpackedSamples(latencies, 'app');
    expect(app).toHaveLength(MOST_ROUNDS);
    for (const [i, one] of app.entries()) {
      expect(Math.abs((one ?? 0) / (expected[i] ?? 0) - 1)).toBeLessThan(0.03);
    }
    // A hop that was not asked did not fail.
    expect(unpackedSamples(latencies, 'target')).toEqual([]);
    // A byte each: one character beyond Latin-1 would double them all.
    expect([...latencies].every((char) => char.charCodeAt(0) < 256)).toBe(true);
  });

  it.each([
    ['no reply at all', { app: { A: SILENCE, AAAA: SILENCE } }],
    ['no reply to one of both types', { app: { A: answer({ seconds: 0.01 }), AAAA: SILENCE } }],
    ['no reply to one, and no time of the other', { app: { A: answer(), AAAA: SILENCE } }],
    ['cluster DNS that is silent as a whole, so that nothing was asked', {}],
  ])('has none for %s', (_, round) => {
    const { latencies } = withRound(newHistory(0), round, 0);
    expect(unpackedSamples(latencies, 'app')).toEqual([undefined]);
  });

  it('leave out replies whose time was not measured', () => {
    const rounds = [
      timed(0.001),
      { ...timed(0.002), app: { A: answer(), AAAA: answer({ seconds: 0.001 }) } },
    ];
    const { latencies } = rounds.reduce(
      (history, round) => withRound(history, round, 0),
      newHistory(0),
    );
    expect(unpackedSamples(latencies, 'app')).toEqual([expect.closeTo(0.001, 4)]);
    expect(unpackedSamples(latencies, 'alias')).toHaveLength(2);
  });

  it.each([
    [0, 0.00005],
    [1e-9, 0.00005],
    [3_600, 60],
  ])('takes %d s for %d s', (seconds, kept) => {
    const { latencies } = withRound(newHistory(0), { alias: answer({ seconds }) }, 0);
    expect(unpackedSamples(latencies, 'alias')[0]).toBeCloseTo(kept, 6);
  });
});
