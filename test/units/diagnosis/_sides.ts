/** What cluster DNS and references answer for a target, round by round, and what is told of it. */
import { expect } from 'vitest';
import { compare, type Disagreement } from '../../../src/diagnosis/disagreement.ts';
import { OUTCOMES, type Outcome } from '../../../src/model/outcome.ts';
import type { AddressHop, AddressType, QueryResult } from '../../../src/model/round.ts';
import { result } from '../../fixtures/rounds.ts';

export const TARGET = 'db.shop.com';
export const R = '198.18.0.1:53';

/** An outcome for both types, or CNAMEs and then addresses: `www.cdn.net > 34.1.0.1 2a00:1450::1`. */
export function hop(text: string): AddressHop {
  if (text in OUTCOMES) {
    const same = resultOf(text as Outcome);
    return { A: same, AAAA: same };
  }
  const parts = text.split(' > ');
  const addresses = (parts.pop() ?? '').split(' ');
  const chain = parts.map((name) => ({ name, ttl: 60 }));
  const of = (wanted: string[]): QueryResult =>
    wanted.length > 0
      ? { ...resultOf('ok'), addresses: wanted, chain }
      : { ...resultOf(chain.length > 0 ? 'bare_cname' : 'nodata'), chain };
  return {
    A: of(addresses.filter((address) => !address.includes(':'))),
    AAAA: of(addresses.filter((address) => address.includes(':'))),
  };
}

export function resultOf(outcome: Outcome): QueryResult {
  return result(outcome, { server: R });
}

export function only(type: AddressType, { [type]: one }: AddressHop): AddressHop {
  return one ? { [type]: one } : {};
}

/** What is told after a round: `=` nothing, `s` split horizon, `!` disagreement. */
export function sign({ disagrees, splitHorizon }: Disagreement): string {
  expect(disagrees && splitHorizon).toBe(false);
  return disagrees ? '!' : splitHorizon ? 's' : '=';
}

/** `cluster | reference`, so many times. */
export type Step = readonly [answers: string, times: number];

/** Each round of a reference comes five minutes after the one before. */
export function next(
  state: Disagreement | undefined,
  cluster: AddressHop,
  references: ReadonlyMap<string, AddressHop>,
  target = TARGET,
): Disagreement {
  now += 300_000;
  let after = state;
  for (const [server, hop] of references) after = compare(after, target, cluster, server, hop, now);
  if (!after) throw new Error('Cannot compare: there is no reference, got an empty map');
  return after;
}

let now = Date.UTC(2026, 0, 1);

/** What is told in each round of a sequence; several references are separated by comma. */
export function told(...steps: readonly Step[]): string {
  let state: Disagreement | undefined;
  let signs = '';
  for (const [answers, times] of steps) {
    const [cluster = '', references = ''] = answers.split(' | ');
    const hops = references.split(', ').map((text, i) => [`${R}${i}`, hop(text)] as const);
    for (let i = 0; i < times; i++) {
      state = next(state, hop(cluster), new Map(hops));
      signs += sign(state);
    }
  }
  return signs;
}

export const EAST = '52.10.1.1';
export const EAST_TOO = '52.10.200.9';
export const WEST = '34.20.1.1';
export const EVIL = '185.66.6.6';
export const SILENCE = 'timeout';
