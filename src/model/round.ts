import type { ExtendedError } from './extended-error.ts';
import type { Outcome } from './outcome.ts';
import type { Reader } from './reader.ts';

/**
 * `app`: the pods' query for the alias; decides `up`. `alias`: the CNAME of the alias. `target`:
 * the answer for the target itself at the same server.
 */
export const HOPS = ['app', 'alias', 'target'] as const;
export type Hop = (typeof HOPS)[number];

export type QueryType = 'A' | 'AAAA' | 'CNAME';
export type Family = 'ipv4' | 'ipv6';

export const TYPE_OF: Readonly<Record<Family, AddressType>> = { ipv4: 'A', ipv6: 'AAAA' };
export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** The queries of a full round, in a fixed order that the metrics keep. */
export const QUERIES = [
  { hop: 'app', type: 'A' },
  { hop: 'app', type: 'AAAA' },
  { hop: 'alias', type: 'CNAME' },
  { hop: 'target', type: 'A' },
  { hop: 'target', type: 'AAAA' },
] as const satisfies readonly { hop: Hop; type: QueryType }[];

/** One sent message, and its reply if there was one. */
export interface Exchange {
  /** `address:port`, bracketed for IPv6, the same as in the `server` label. */
  readonly server: string;
  readonly transport: Transport;
  readonly outcome: Outcome;
  /**
   * Seconds from send to reply. Absent without a reply. Also absent if our event loop was late,
   * because the arrival time of the reply is then unknown.
   */
  readonly seconds?: number;
  /**
   * The error code of the system or of TLS, such as `EHOSTUNREACH` or `CERT_HAS_EXPIRED`, for the
   * outcome `unreachable` if there is one.
   */
  readonly errno?: string;
}

/** One query to cluster DNS, with all its messages. */
export interface QueryResult {
  readonly outcome: Outcome;
  /**
   * Seconds of the answered exchange, without retries and without our own waiting; absent under the
   * same conditions.
   */
  readonly seconds?: number;
  /** The server that the result comes from. */
  readonly server: string;
  readonly exchanges: readonly Exchange[];
  /** Addresses of the queried type that at least one resolver in pods gets from this answer. */
  readonly addresses: readonly string[];
  /**
   * Resolvers in pods that get no address from this answer while others do; absent if all agree.
   */
  readonly unreadBy?: readonly Reader[];
  /**
   * The chain in cluster DNS's answer stops at a name that has an address when queried directly.
   */
  readonly leftOpen?: boolean;
  /** CNAMEs in the order of the chain. */
  readonly chain: readonly ChainLink[];
  /** Smallest TTL of the answer section in seconds, as counted down by the server's cache. */
  readonly ttl?: number;
  /**
   * The zone that denies the name or the type; absent unless the answer denies it and has a SOA.
   */
  readonly negative?: NegativeAnswer;
  /**
   * The reasons that the server gives; absent if there are none. Only queries with EDNS get them.
   */
  readonly extendedErrors?: readonly ExtendedError[];
}

/** The SOA of a negative answer (RFC 2308). */
export interface NegativeAnswer {
  /** The owner of the SOA, in the name format of src/dns/name.ts. */
  readonly zone: string;
  /**
   * Seconds for which the server may still keep the answer: the smaller of the SOA's TTL and its
   * MINIMUM (RFC 2308 §5).
   */
  readonly ttl: number;
  /**
   * Seconds for which the zone lets any resolver keep the answer: its MINIMUM, which caches do not
   * count down.
   */
  readonly minimum: number;
}

/** One CNAME of an answer. */
export interface ChainLink {
  /** Its target, in the name format of src/dns/name.ts: lower case, without its last dot. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
}

export type AddressType = 'A' | 'AAAA';

/** A type that was not queried is absent. */
export type AddressHop = Readonly<Partial<Record<AddressType, QueryResult>>>;

/** One pass over the hops of one Service. A hop that was not queried is absent. */
export interface Round {
  readonly app?: AddressHop;
  readonly alias?: QueryResult;
  readonly target?: AddressHop;
  /** Types of the target hop that were answered only without EDNS, the way that pods query. */
  readonly withoutEdns?: readonly AddressType[];
  /**
   * Names that were probably intended, if the target does not exist; queried in order until one
   * exists.
   */
  readonly corrections?: readonly Correction[];
}

export interface Correction {
  readonly name: string;
  readonly result: QueryResult;
}

/** The result of one query of a round; undefined if it was not sent. */
export function resultOf(round: Round, hop: Hop, type: QueryType): QueryResult | undefined {
  if (hop === 'alias') return type === 'CNAME' ? round.alias : undefined;
  return type === 'CNAME' ? undefined : round[hop]?.[type];
}
