import type { ExtendedError } from './extended-error.ts';
import type { Outcome } from './outcome.ts';
import type { Reader } from './reader.ts';

/**
 * `app`: what a pod asks of the alias; decides `up`. `alias`: the CNAME of the alias.
 * `target`: what the target itself answers at the same server.
 */
export const HOPS = ['app', 'alias', 'target'] as const;
export type Hop = (typeof HOPS)[number];

export type QueryType = 'A' | 'AAAA' | 'CNAME';
export type Family = 'ipv4' | 'ipv6';

export const TYPE_OF: Readonly<Record<Family, AddressType>> = { ipv4: 'A', ipv6: 'AAAA' };
export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** The questions of a full round, in a fixed order that the metrics keep. */
export const QUERIES = [
  { hop: 'app', type: 'A' },
  { hop: 'app', type: 'AAAA' },
  { hop: 'alias', type: 'CNAME' },
  { hop: 'target', type: 'A' },
  { hop: 'target', type: 'AAAA' },
] as const satisfies readonly { hop: Hop; type: QueryType }[];

/** One message out and its reply in, or none. */
export interface Exchange {
  /** `address:port`, bracketed for IPv6, as the `server` label has it. */
  readonly server: string;
  readonly transport: Transport;
  readonly outcome: Outcome;
  /**
   * Seconds from send to reply. Absent without a reply, since silence has no duration, and absent where our event loop was
   * late, so that the moment of the reply's arrival is not known.
   */
  readonly seconds?: number;
  /** The error code of the system or of TLS, such as `EHOSTUNREACH` or `CERT_HAS_EXPIRED`, where the outcome is `unreachable` and there is one. */
  readonly errno?: string;
}

/** One question to cluster DNS, with all that it took to answer it. */
export interface QueryResult {
  readonly outcome: Outcome;
  /** Seconds of the answered exchange, so that neither retries nor our own waiting count; absent as there. */
  readonly seconds?: number;
  /** The server that the result comes from. */
  readonly server: string;
  readonly exchanges: readonly Exchange[];
  /** Addresses of the asked type that at least one resolver in pods gets from this answer. */
  readonly addresses: readonly string[];
  /** Resolvers in pods that get no address from this answer while others do; absent where all agree. */
  readonly unreadBy?: readonly Reader[];
  /** Cluster DNS left the chain open at its last name, which has an address when it is asked for by itself. */
  readonly leftOpen?: boolean;
  /** CNAMEs in the order in which they are followed. */
  readonly chain: readonly ChainLink[];
  /** Smallest TTL of the answer section in seconds, as the server's cache reports it. */
  readonly ttl?: number;
  /** Which zone says that the name or the type does not exist; absent unless the answer says so, with a SOA. */
  readonly negative?: NegativeAnswer;
  /** The reasons that the server gives; absent without any. Only queries with EDNS are given some. */
  readonly extendedErrors?: readonly ExtendedError[];
}

/** The SOA of a negative answer (RFC 2308). */
export interface NegativeAnswer {
  /** The owner of the SOA, in the form of names in src/dns/name.ts. */
  readonly zone: string;
  /** Seconds for which the server may still keep the answer: the smaller one of the SOA's TTL and its MINIMUM (RFC 2308 §5). */
  readonly ttl: number;
  /** Seconds for which the zone lets any resolver keep it: its MINIMUM, which no cache counts down. */
  readonly minimum: number;
}

/** One CNAME of an answer. */
export interface ChainLink {
  /** Its target, in the form of names in src/dns/name.ts: lower case, without its last dot. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
}

export type AddressType = 'A' | 'AAAA';

/** A type that is not asked for is absent. */
export type AddressHop = Readonly<Partial<Record<AddressType, QueryResult>>>;

/** All hops of one Service once. A hop that was not asked is absent. */
export interface Round {
  readonly app?: AddressHop;
  readonly alias?: QueryResult;
  readonly target?: AddressHop;
  /** Types of the target hop that were answered only when asked without EDNS, as pods ask. */
  readonly withoutEdns?: readonly AddressType[];
  /** Names that were perhaps meant, where the target does not exist; asked for in order until one exists. */
  readonly corrections?: readonly Correction[];
}

export interface Correction {
  readonly name: string;
  readonly result: QueryResult;
}

/** The result of one query of a round, or nothing where it was not asked. */
export function resultOf(round: Round, hop: Hop, type: QueryType): QueryResult | undefined {
  if (hop === 'alias') return type === 'CNAME' ? round.alias : undefined;
  return type === 'CNAME' ? undefined : round[hop]?.[type];
}
