/** A probe on demand: one round in addition to the regular ones, with all its messages. */
import type { Exchange, QueryType, Round } from './round.ts';

/** One message to a server, and its reply if there was one. */
export interface Step {
  readonly name: string;
  readonly type: QueryType | 'NS';
  readonly edns: boolean;
  /** Milliseconds from the start of the probe to the send call of the socket. */
  readonly startedMs: number;
  readonly exchange: Exchange;
  readonly reply?: ReplyRead;
}

/** A reply as received, independent of its interpretation. */
export interface ReplyRead {
  readonly bytes: number;
  /** The flags of `qr aa tc rd ra ad cd` that are set. */
  readonly flags: readonly string[];
  /** A name such as NOERROR, or the number. */
  readonly rcode: string;
  /** The first records, if the reply has many. */
  readonly records: readonly RecordRead[];
  /** Number of records in all sections, as in the header. */
  readonly recordCount: number;
  /** Why the reply could not be parsed to its end. */
  readonly fault?: string;
}

export interface RecordRead {
  readonly section: 'answer' | 'authority' | 'additional';
  readonly name: string;
  readonly ttl: number;
  /** A name such as CNAME, or `TYPE64` (RFC 3597 §5). */
  readonly type: string;
  /** In the format of `dig`; for unknown types, the length of the data. */
  readonly data: string;
}

export interface Probed {
  readonly key: string;
  readonly uid: string;
  readonly target: string;
  /** Cluster DNS may not serve it yet, so only its CNAME was queried. */
  readonly converging: boolean;
  readonly round: Round;
  readonly steps: readonly Step[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly seconds: number;
}
