import type { DecodedPacket, Packet, RecordType } from 'dns-packet';
import { isWithin, type Rcode } from './message.ts';

/**
 * The queries that a {@link Fault} applies to: all conditions must hold; every query by default.
 */
export interface Match {
  /** These names, and all names below them. */
  readonly names?: readonly string[];
  readonly types?: readonly RecordType[];
  readonly transport?: Transport;
  /** Queries with EDNS, or without. */
  readonly edns?: boolean;
}

/** The transport of a message. */
export type Transport = 'udp' | 'tcp';

/**
 * A fault of queries, as data. Several faults can be active at the same time: each adds its effect.
 */
export interface Fault extends Match {
  /** The fraction of queries that is dropped silently: 1 for all. */
  readonly lose?: number;
  /** Delay of the query. */
  readonly delayMs?: number;
  /** The answer in place of the server, which is not queried. */
  readonly rcode?: Rcode;
  /** Replies over UDP contain no records, only TC. */
  readonly truncate?: boolean;
  /** Changes the server's reply. */
  readonly rewrite?: (reply: DecodedPacket) => Packet;
  /** Changes the bytes of the server's reply after its ID. */
  readonly mangle?: (reply: Buffer) => Buffer;
  /**
   * Replies over UDP that an attacker sends before the server receives the query; they do not
   * depend on its reply.
   */
  readonly forge?: readonly Forgery[];
}

/** The wrong part of a forged reply, which otherwise answers the question with a false record. */
export type Forgery = 'id' | 'question' | 'port';

/** A query that an {@link Interceptor} has received. */
export interface SeenQuery {
  readonly name: string;
  readonly type: RecordType;
  readonly transport: Transport;
  /** The client's address. */
  readonly host: string;
  /** The client's port: a new socket has a new one. */
  readonly port: number;
  /** Whether it had EDNS. */
  readonly edns: boolean;
  /** Time of arrival, in `performance.now()` time. */
  readonly at: number;
}

/** Whether a query matches all conditions. */
export function fits(match: Match, query: SeenQuery): boolean {
  const { names, types, transport, edns } = match;
  return (
    (names?.some((zone) => isWithin(query.name, zone)) ?? true) &&
    (types?.includes(query.type) ?? true) &&
    (transport === undefined || transport === query.transport) &&
    (edns === undefined || edns === query.edns)
  );
}
