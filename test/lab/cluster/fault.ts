import type { DecodedPacket, Packet, RecordType } from 'dns-packet';
import { isWithin, type Rcode } from './message.ts';

/** Which queries a {@link Fault} meets: those that fit all that is given; every query by default. */
export interface Match {
  /** These names, and every name below one of them. */
  readonly names?: readonly string[];
  readonly types?: readonly RecordType[];
  readonly transport?: Transport;
  /** Those with EDNS, or those without. */
  readonly edns?: boolean;
}

/** How a message travels. */
export type Transport = 'udp' | 'tcp';

/** What befalls a query on its way, as data. Several can be in force at once: each adds its part. */
export interface Fault extends Match {
  /** The fraction of queries that are lost without a trace: 1 for all of them. */
  readonly lose?: number;
  /** By how much the query is held back. */
  readonly delayMs?: number;
  /** What is answered in place of the server, which is not asked. */
  readonly rcode?: Rcode;
  /** Replies by UDP carry no records, only the order to ask again by TCP. */
  readonly truncate?: boolean;
  /** Changes the server's reply. */
  readonly rewrite?: (reply: DecodedPacket) => Packet;
  /** Changes the bytes of the server's reply behind its ID. */
  readonly mangle?: (reply: Buffer) => Buffer;
  /** Replies by UDP that an attacker sends before the server has seen the query, whatever becomes of it. */
  readonly forge?: readonly Forgery[];
}

/** What is wrong with a forged reply, which otherwise answers the question with a false record. */
export type Forgery = 'id' | 'question' | 'port';

/** A query as an {@link Interceptor} saw it pass. */
export interface SeenQuery {
  readonly name: string;
  readonly type: RecordType;
  readonly transport: Transport;
  /** The client's address. */
  readonly host: string;
  /** The client's port: a new socket has a new one. */
  readonly port: number;
  /** Whether it carried EDNS. */
  readonly edns: boolean;
  /** When, in `performance.now()` time. */
  readonly at: number;
}

/** Whether a query is among those that `match` means. */
export function fits(match: Match, query: SeenQuery): boolean {
  const { names, types, transport, edns } = match;
  return (
    (names?.some((zone) => isWithin(query.name, zone)) ?? true) &&
    (types?.includes(query.type) ?? true) &&
    (transport === undefined || transport === query.transport) &&
    (edns === undefined || edns === query.edns)
  );
}
