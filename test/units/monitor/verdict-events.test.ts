import { beforeEach, describe, expect, it } from 'vitest';
import type { Occurrence } from '../../../src/kubernetes/events.ts';
import { type Blame, VERDICTS, type Verdict } from '../../../src/model/verdict.ts';
import { VerdictEvents } from '../../../src/monitor/verdict-events.ts';
import type { ServiceRecord } from '../../../src/state/record.ts';
import { specOf } from '../../fixtures/spec.ts';

const INTERVAL = 30_000;

let told: { occurrence: Occurrence; now: number }[];
let events: VerdictEvents;
let rounds: number;
let now: number;

beforeEach(() => {
  told = [];
  rounds = 0;
  now = 1_000_000;
  events = new VerdictEvents((occurrence, at) => told.push({ occurrence, now: at }));
});

function update(verdict: Verdict, uid = 'uid'): void {
  const blame: Blame = verdict === 'healthy' ? 'none' : 'target';
  const part: Pick<ServiceRecord, 'spec' | 'diagnosis' | 'rounds'> = {
    spec: specOf('db', { uid, settings: { intervalMs: INTERVAL } }),
    diagnosis: { verdict, blame },
    rounds: { up: 1, down: rounds },
  };
  events.update('shop/db', part as ServiceRecord, now);
}

/** A finished round an interval later. */
function round(...verdicts: Verdict[]): string[] {
  for (const verdict of verdicts) {
    rounds++;
    now += INTERVAL;
    update(verdict);
  }
  return told.map(({ occurrence: { type, reason } }) => `${type} ${reason}`);
}

describe('VerdictEvents', () => {
  it('tells of a change once two rounds have said it, and once only', () => {
    expect(round('pending', 'healthy', 'healthy', 'healthy')).toEqual([]);
    expect(round('target_nxdomain')).toEqual([]);
    expect(round('target_nxdomain')).toEqual(['Warning TargetNxdomain']);
    expect(round('target_nxdomain', 'target_nxdomain')).toHaveLength(1);
    expect(round('healthy')).toHaveLength(1);
    expect(round('healthy')).toEqual(['Warning TargetNxdomain', 'Normal Healthy']);
  });

  it('is not moved by one bad round, nor by two kinds of them', () => {
    round('healthy', 'healthy');
    expect(round('target_failing', 'healthy', 'target_failing', 'degraded', 'healthy')).toEqual([]);
  });

  it('counts rounds, and not what else is seen of a record', () => {
    round('healthy', 'healthy', 'target_failing');
    update('target_failing');
    update('target_failing');
    expect(told).toEqual([]);
    expect(round('target_failing')).toHaveLength(1);
  });

  it('tells of what is wrong from the beginning, and not of what is well or unknown', () => {
    expect(round('alias_missing', 'alias_missing')).toEqual(['Warning AliasMissing']);
    expect(round('unknown', 'unknown', 'alias_missing', 'alias_missing')).toHaveLength(1);
  });

  it('says what it means, whose fault it is, and what to do', () => {
    round('target_nxdomain', 'target_nxdomain', 'healthy', 'healthy');
    const [bad, good] = told.map(({ occurrence }) => occurrence);
    const { meaning, advice } = VERDICTS.target_nxdomain;
    expect(bad?.message).toBe(
      `db.example.com: ${meaning} Blame: the owner of the target, or the name servers of its domain. ${advice}`,
    );
    expect(good?.message).toBe(
      `db.example.com: ${VERDICTS.healthy.meaning} It was target_nxdomain.`,
    );
  });

  it('begins with the name of the cluster, if it has one', () => {
    events = new VerdictEvents((occurrence, at) => told.push({ occurrence, now: at }), 'prod-eu');
    round('target_nxdomain', 'target_nxdomain');
    expect(told[0]?.occurrence.message).toMatch(/^Cluster prod-eu: db\.example\.com: /);
  });

  it('dates it from when a replica may have seen it first, and after what was before', () => {
    round('healthy', 'healthy', 'target_nxdomain', 'target_nxdomain');
    const [event] = told;
    expect(event?.now).toBe(now);
    expect(event?.occurrence.since).toBe(now - 2 * INTERVAL - 1_000);
  });

  it('begins anew with a Service that was made again', () => {
    round('target_nxdomain', 'target_nxdomain');
    rounds = 0;
    update('target_nxdomain', 'other');
    rounds++;
    update('target_nxdomain', 'other');
    expect(told.map(({ occurrence }) => occurrence.uid)).toEqual(['uid', 'other']);
    events.update('shop/db', undefined, now);
    expect(round('healthy', 'healthy')).toHaveLength(2);
  });
});
