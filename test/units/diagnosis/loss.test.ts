import { describe, expect, it } from 'vitest';
import { Loss } from '../../../src/diagnosis/loss.ts';
import type { QueryResult } from '../../../src/model/round.ts';
import { result } from '../../fixtures/rounds.ts';

const ONE = '10.96.0.10:53';
const OTHER = '10.96.0.11:53';

/** A question to `server`, as `.` for a reply and `x` for none, attempt by attempt. */
function asked(attempts: string, server = ONE): QueryResult {
  const exchanges = [...attempts].map((mark) =>
    mark === 'x'
      ? ({ server, transport: 'udp', outcome: 'timeout' } as const)
      : ({ server, transport: 'udp', outcome: 'ok', seconds: 0.001 } as const),
  );
  const outcome = attempts.endsWith('x') ? 'timeout' : 'ok';
  return result(outcome, { server, exchanges });
}

function lossy(questions: readonly string[], now = 0): string[] {
  const loss = new Loss();
  for (const attempts of questions) loss.observe(asked(attempts), 0);
  return [...loss.lossy(now)];
}

describe('Loss', () => {
  it('sees loss in attempts that had no reply, also where a later one had', () => {
    expect(lossy(['.', 'x.', '.', 'x.', 'xx', '.'])).toEqual([ONE]);
  });

  it('does not take a message now and then for loss', () => {
    expect(lossy(['x.', 'x.'])).toEqual([]);
    expect(lossy([...Array(60).fill('.'), 'x.', 'x.', 'x.'])).toEqual([]);
    // 6 of 64: with 2 % lost, a few windows an hour have so many.
    expect(lossy([...Array(50).fill('.'), ...Array(6).fill('x.')])).toEqual([]);
    expect(lossy([...Array(50).fill('.'), ...Array(7).fill('x.')])).toEqual([ONE]);
  });

  it('forgets what is long ago, and not sooner, however many replies have followed', () => {
    const seen = ['xx', 'xx', ...Array(200).fill('.')];
    expect(lossy(seen, 9_999)).toEqual([ONE]);
    expect(lossy(seen, 10_000)).toEqual([]);
  });

  it('keeps servers apart', () => {
    const loss = new Loss();
    for (let i = 0; i < 4; i++) {
      loss.observe(asked('x'), 0);
      loss.observe(asked('.', OTHER), 0);
    }
    expect([...loss.lossy(0)]).toEqual([ONE]);
    loss.forget(ONE);
    expect([...loss.lossy(0)]).toEqual([]);
  });
});
