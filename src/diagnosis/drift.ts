/** Drift of the target: what is new in its answers, by what a bounded memory holds of earlier ones. */
import { hash } from 'node:crypto';
import type { ChangeKind } from '../model/drift.ts';
import { networkOf } from './address.ts';
import { type DriftLimits, type Pool, type PoolChange, turn } from './pool.ts';

export type { DriftLimits } from './pool.ts';

/** What a target was answered. Without an address it is an outage and no drift. */
export interface Answered {
  /** Of both families, in any order. */
  readonly addresses: readonly string[];
  /** The names of the CNAME chain, in their order. */
  readonly chain: readonly string[];
}

/**
 * What is remembered of a target's answers. Only the two fields that move with every answer are changed in
 * place, so that ten thousand quiet targets make no garbage.
 */
export interface TargetMemory {
  /** The last answer that had addresses. */
  readonly last: Answered;
  /** Its number, counted from 0. */
  answers: number;
  /** When it came, in milliseconds. */
  seenAt: number;
  /** Absent before the first change, as most are for ever. */
  readonly addresses: Pool | undefined;
  readonly chains: Pool | undefined;
}

export interface Drift {
  /** The same object while nothing changes. */
  readonly memory: TargetMemory;
  readonly changes: readonly ChangeKind[];
}

const NONE: readonly never[] = [];

/**
 * Remembers an answer, and returns how it differs from those before. The first one after a start is no change;
 * an answer without addresses is none at all, so that the next is compared with the last that had some.
 */
export function observe(
  memory: TargetMemory | undefined,
  answered: Answered,
  limits: DriftLimits,
  now: number,
): Drift {
  if (memory && answered.addresses.length === 0) return { memory, changes: NONE };
  if (!memory || memory.last.addresses.length === 0) {
    const first = { last: answered, answers: 0, seenAt: now };
    return { memory: { ...first, addresses: undefined, chains: undefined }, changes: NONE };
  }
  const { last, answers, seenAt } = memory;
  const take = (pool: Pool | undefined, before: readonly string[], after: readonly string[]) =>
    turn(pool, { before, after, answers, seenAt }, limits, now);
  const addressTurn = isSameSet(last.addresses, answered.addresses)
    ? undefined
    : take(memory.addresses, last.addresses, answered.addresses);
  const chainTurn = isSameList(last.chain, answered.chain)
    ? undefined
    : take(memory.chains, [digest(last.chain)], [digest(answered.chain)]);
  if (!addressTurn && !chainTurn) {
    memory.answers++;
    memory.seenAt = now;
    return { memory, changes: NONE };
  }
  return {
    memory: {
      last: answered,
      answers: answers + 1,
      seenAt: now,
      addresses: addressTurn?.pool ?? memory.addresses,
      chains: chainTurn?.pool ?? memory.chains,
    },
    changes: [
      ...(addressTurn ? addressChanges(addressTurn, answered.addresses) : NONE),
      ...(chainTurn?.left ? (['chain'] as const) : NONE),
    ],
  };
}

/** Networks are those of the addresses in memory: a pool that has brought all of these has brought all of those. */
function addressChanges({ left }: PoolChange, addresses: readonly string[]): readonly ChangeKind[] {
  if (!left) return ['addresses'];
  const networks = new Set(left.map(networkOf));
  const hasMoved = !addresses.some((address) => networks.has(networkOf(address)));
  return hasMoved ? ['addresses', 'replaced', 'network'] : ['addresses', 'replaced'];
}

function isSameSet(before: readonly string[], after: readonly string[]): boolean {
  if (isSameList(before, after)) return true;
  if (before.length !== after.length) return false;
  const all = new Set(before);
  return after.every((address) => all.has(address));
}

function isSameList(before: readonly string[], after: readonly string[]): boolean {
  return (
    before === after ||
    (before.length === after.length && before.every((entry, i) => entry === after[i]))
  );
}

/** A tenant's chain may be 8 KiB long, and a memory hold many: a digest of each is all that it takes. */
function digest(chain: readonly string[]): string {
  return hash('sha256', chain.join(' '), 'base64url');
}
