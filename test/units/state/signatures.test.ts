import { describe, expect, it } from 'vitest';
import type { SignatureReport } from '../../../src/model/messages.ts';
import { HEALTHY, result } from '../../fixtures/rounds.ts';
import { hold, NOW, report, spec } from '../../fixtures/store.ts';

const DAY = 86_400_000;

function held(dnssecHorizonMs = 3 * DAY) {
  const { store } = hold({ dnssecHorizonMs });
  store.seen(spec('db'), false, NOW);
  store.round(report(spec('db'), HEALTHY), NOW);
  const record = () => store.records.get('shop/db');
  return {
    store,
    record,
    rules: () => record()?.findings.map(({ rule }) => rule) ?? [],
    signed: (endsAt: number, change: Partial<SignatureReport> = {}) =>
      store.signature(
        {
          type: 'signature',
          target: 'db.example.com',
          keys: ['shop/db', 'shop/gone'],
          results: [result('ok')],
          signature: { zone: 'example.com', endsAt },
          endedAt: NOW,
          ...change,
        },
        NOW,
      ),
  };
}

/** What is shown of our clock may differ from the clock of the test's. */
const left = (ms: number) => Date.now() + (NOW - performance.timeOrigin - performance.now()) + ms;

describe('the signature of a target', () => {
  it('is a finding within the horizon, also when only time has passed', () => {
    const { store, rules, signed } = held();
    signed(left(3.5 * DAY));
    expect(rules()).not.toContain('signature_expires');
    store.rejudge('shop/db', NOW + DAY);
    expect(rules()).toContain('signature_expires');
  });

  it('is forgotten with the target, and a late answer for the old one says nothing', () => {
    const { store, record, rules, signed } = held();
    signed(left(DAY));
    expect(rules()).toContain('signature_expires');
    const edited = { ...spec('db'), externalName: 'x.example.com', target: 'x.example.com' };
    store.seen(edited, false, NOW);
    expect(record()).not.toHaveProperty('signed');
    signed(left(DAY));
    expect(record()).not.toHaveProperty('signed');
  });

  it('is remembered while the target fails', () => {
    const { rules, record, signed } = held();
    signed(left(DAY));
    const before = record()?.signed;
    signed(left(DAY), { results: [result('servfail')] });
    expect(record()?.signed).toBe(before);
    expect(rules()).toContain('signature_expires');
  });
});
