/**
 * Drift of the target: detects new addresses and chains, using a bounded memory of earlier answers.
 */
import { hash } from 'node:crypto';
import type { ChangeKind } from '../model/drift.ts';
import { networkOf } from './address.ts';
import { type DriftLimits, type Pool, type PoolChange, turn } from './pool.ts';

export type { DriftLimits } from './pool.ts';

/** The answer for a target. An answer without addresses is an outage, not drift. */
export interface Answered {
  /** Of both families, in any order. */
  readonly addresses: readonly string[];
  /** The names of the CNAME chain, in their order. */
  readonly chain: readonly string[];
}

/**
 * The memory of a target's answers. Only the two fields that change with every answer are changed
 * in place, so that ten thousand quiet targets make no garbage.
 */
export interface TargetMemory {
  /** The last answer that had addresses. */
  readonly last: Answered;
  /** Number of that answer, counted from 0. */
  answers: number;
  /** Time of that answer, in milliseconds. */
  seenAt: number;
  /** Absent before the first change. Most targets never change. */
  readonly addresses: Pool | undefined;
  readonly chains: Pool | undefined;
}

export interface Drift {
  /** The same object as before if nothing has changed. */
  readonly memory: TargetMemory;
  readonly changes: readonly ChangeKind[];
}

const NONE: readonly never[] = [];

/**
 * Records an answer, and returns how it differs from earlier ones. The first answer after a start
 * is no change. An answer without addresses is ignored: the next answer is compared with the last
 * one that had some.
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

/**
 * The networks are computed from the addresses in memory: once the full pool of addresses is known,
 * so is the full set of networks.
 */
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

/**
 * A tenant's chain may be 8 KiB long and a memory holds many chains, so the memory holds a digest
 * of each.
 */
function digest(chain: readonly string[]): string {
  return hash('sha256', chain.join(' '), 'base64url');
}
