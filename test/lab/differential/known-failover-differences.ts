/**
 * Every known difference between our resolver and glibc in the server that they use after a
 * failure, with its reason.
 */
import { kindOf } from '../../../src/model/outcome.ts';
import type { AddressHop } from '../../../src/model/round.ts';
import type { Lookup } from './clients.ts';
import type { FailoverCase, Step } from './failovers.ts';
import { ADDRESS_TYPES } from './replies.ts';

/** A case with different addresses, and so with a different server. */
export interface FailoverDifference {
  readonly case: FailoverCase;
  readonly real: Lookup;
  readonly ours: { readonly addresses: readonly string[]; readonly hop: AddressHop };
}

export interface KnownFailoverDifference {
  readonly reason: string;
  readonly explains: (difference: FailoverDifference) => boolean;
}

export const KNOWN_FAILOVER_DIFFERENCES: readonly KnownFailoverDifference[] = [
  {
    reason: 'over TCP glibc does not look whether a reply repeats the question',
    explains: ({ case: one }) => usesTcp(one) && tcpSteps(one).includes('otherQuestion'),
  },
  {
    reason:
      'glibc fails the name if A has failed, even if AAAA has addresses; here each question has its own result',
    explains: ({ real, ours: { hop } }) => {
      const { A, AAAA } = hop;
      if (!A || AAAA?.outcome !== 'ok' || real.addresses.length > 0) return false;
      return A.outcome === 'malformed' || ['error', 'silence'].includes(kindOf(A.outcome));
    },
  },
  {
    reason:
      'over TCP glibc loses the reply to one question with the connection that fails for the other',
    explains: (difference) =>
      isLess(difference) &&
      usesTcp(difference.case) &&
      tcpSteps(difference.case).some((step) => ['close', 'reset', 'silence'].includes(step)),
  },
  {
    reason: 'glibc drops the reply to one question over UDP if the other one leads to TCP',
    explains: (difference) => isLess(difference) && usesTcp(difference.case),
  },
  {
    reason: 'glibc drops the reply to AAAA of a server that did not answer A',
    explains: (difference) =>
      isLess(difference) && difference.case.steps.A.some(({ udp }) => udp.some(isSilent)),
  },
];

/** Whether glibc has no address that we do not have. */
function isLess({ real, ours }: FailoverDifference): boolean {
  return real.addresses.every((address) => ours.addresses.includes(address));
}

function usesTcp({ options, steps }: FailoverCase): boolean {
  const udp = ADDRESS_TYPES.flatMap((type) => steps[type].flatMap((one) => one.udp));
  return options === 'use-vc' || udp.some((step) => /truncated/i.test(step));
}

function tcpSteps({ steps }: FailoverCase): readonly Step[] {
  return ADDRESS_TYPES.flatMap((type) => steps[type].flatMap(({ tcp }) => tcp));
}

/** For glibc, which then waits for another message. */
function isSilent(step: Step): boolean {
  return ['silence', 'otherQuestion', 'otherId', 'noQuestion'].includes(step);
}
