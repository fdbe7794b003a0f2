/** A probe on demand: one round beside the regular ones, with every message of it. */
import type { Exchange, QueryType, Round } from './round.ts';

/** One message to a server and its reply, if there was one. */
export interface Step {
  readonly name: string;
  readonly type: QueryType | 'NS';
  readonly edns: boolean;
  /** Milliseconds from the start of the probe to when it was handed to the socket. */
  readonly startedMs: number;
  readonly exchange: Exchange;
  readonly reply?: ReplyRead;
}

/** A reply as it was, whatever is made of it. */
export interface ReplyRead {
  readonly bytes: number;
  /** `qr aa tc rd ra ad cd`, those that are set. */
  readonly flags: readonly string[];
  /** Such as NOERROR, or its number. */
  readonly rcode: string;
  /** Of a reply with many records the first ones. */
  readonly records: readonly RecordRead[];
  /** Of all sections, as its header has it. */
  readonly recordCount: number;
  /** Why it could not be read to its end. */
  readonly fault?: string;
}

export interface RecordRead {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly name: string;
  readonly ttl: number;
  /** Such as CNAME, or `TYPE64` (RFC 3597 §5). */
  readonly type: string;
  /** As `dig` shows it; of types that we do not know, how long it is. */
  readonly data: string;
}

export interface Probed {
  readonly key: string;
  readonly uid: string;
  readonly target: string;
  /** Cluster DNS may not know it yet, so that only its CNAME was asked for. */
  readonly converging: boolean;
  readonly round: Round;
  readonly steps: readonly Step[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly seconds: number;
}
