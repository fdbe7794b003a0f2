/** The resolvers that cluster DNS forwards to, asked directly. */
import type { AddressHop } from './round.ts';

/**
 * How a resolver behind cluster DNS does in general, by its answer to the upstream canary. `works`: it answers; one of a
 * stub zone only has to reply. `fails`: it replies with an error. `silent`: it does not reply, and did before.
 * `unproven`: it has never replied, so that the network may be closed to this monitor alone.
 */
export const RESOLVER_HEALTHS = ['works', 'fails', 'silent', 'unproven'] as const;
export type ResolverHealth = (typeof RESOLVER_HEALTHS)[number];

/** The answers of one resolver for one target. Times are milliseconds on the steady clock. */
export interface ResolverAnswer {
  /** Its label. */
  readonly server: string;
  /** That cluster DNS forwards to it. */
  readonly zone: string;
  readonly hop: AddressHop;
  readonly endedAt: number;
  /** Since when it has answered without an error; absent while it does not. */
  readonly since?: number;
  /** It has answered for longer than a cache could have kept its first answer. */
  readonly isFresh: boolean;
  /** How it does in general; absent where that is not known. */
  readonly health?: ResolverHealth;
}
