/** The resolvers that cluster DNS forwards to, queried directly. */
import type { AddressHop } from './round.ts';

/**
 * General health of a resolver behind cluster DNS, judged by its answer to the upstream canary.
 * `works`: it answers; a resolver of a stub zone only has to reply. `fails`: it replies with an
 * error. `silent`: it does not reply, but did before. `unproven`: it has never replied, so the
 * network may block this monitor alone.
 */
export const RESOLVER_HEALTHS = ['works', 'fails', 'silent', 'unproven'] as const;
export type ResolverHealth = (typeof RESOLVER_HEALTHS)[number];

/** The answers of one resolver for one target. Times are milliseconds on the steady clock. */
export interface ResolverAnswer {
  /** Its label. */
  readonly server: string;
  /** The zone that cluster DNS forwards to it. */
  readonly zone: string;
  readonly hop: AddressHop;
  readonly endedAt: number;
  /** Start of its answers without an error; absent while it fails. */
  readonly since?: number;
  /** It has answered for longer than a cache could keep its first answer. */
  readonly isFresh: boolean;
  /** Its general health; absent if unknown. */
  readonly health?: ResolverHealth;
}
