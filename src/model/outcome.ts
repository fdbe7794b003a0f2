/** Properties of an outcome that other modules depend on. */
export const OUTCOME_KINDS = {
  found: 'the records of the query',
  empty: 'the name exists, but has no record of the requested type: normal for one address type',
  missing: 'the name does not exist',
  mismatch: 'an answer, but not the expected one',
  error: 'a reply that says nothing about the name',
  silence: 'no reply',
} as const;

export type OutcomeKind = keyof typeof OUTCOME_KINDS;

/**
 * Outcomes as the labels of `externalname_probes_total`: fewer words, so that the number of series
 * per Service stays small.
 */
export type FoldedOutcome = 'ok' | 'nxdomain' | 'nodata' | 'mismatch' | 'error' | 'timeout';

export interface OutcomeRow {
  readonly meaning: string;
  readonly kind: OutcomeKind;
  readonly folded: FoldedOutcome;
  /** The rcode of this outcome (RFC 1035 §4.1.1). */
  readonly rcode?: number;
  /**
   * Whether a stub resolver tries the next server (glibc resolv/res_send.c, `next_ns`). Over TCP
   * any reply is final there.
   */
  readonly asksNext: boolean;
}

/**
 * The bounded result of one query: one question to cluster DNS, with its attempts and any fallback
 * to TCP. A public contract: a word is never changed, and never reused with another meaning.
 */
export const OUTCOMES = {
  ok: {
    meaning: 'the answer has a record of the requested type',
    kind: 'found',
    folded: 'ok',
    asksNext: false,
  },
  nxdomain: {
    meaning: 'NXDOMAIN: the name does not exist (RFC 8020)',
    kind: 'missing',
    folded: 'nxdomain',
    rcode: 3,
    asksNext: false,
  },
  nodata: {
    meaning:
      'NOERROR without a record of the requested type: the name exists, but has no such record (RFC 2308 §2.2)',
    kind: 'empty',
    folded: 'nodata',
    asksNext: false,
  },
  bare_cname: {
    meaning:
      'NOERROR with a CNAME but no address at its end; cluster DNS answers so for any target that it failed to resolve',
    kind: 'empty',
    folded: 'nodata',
    asksNext: false,
  },
  mismatch: {
    meaning: 'a CNAME, but not the one in spec.externalName',
    kind: 'mismatch',
    folded: 'mismatch',
    asksNext: false,
  },
  servfail: {
    meaning: 'SERVFAIL: the server failed to get an answer',
    kind: 'error',
    folded: 'error',
    rcode: 2,
    asksNext: true,
  },
  refused: {
    meaning:
      'REFUSED: the server will not answer, by policy or because its forward limit is reached; or an empty reply of a server that neither serves the zone nor recurses (lame)',
    kind: 'error',
    folded: 'error',
    rcode: 5,
    asksNext: true,
  },
  formerr: {
    meaning: 'FORMERR: the server says that it cannot read the query, even without EDNS',
    kind: 'error',
    folded: 'error',
    rcode: 1,
    asksNext: false,
  },
  notimp: {
    meaning: 'NOTIMP: the server does not support the query',
    kind: 'error',
    folded: 'error',
    rcode: 4,
    asksNext: true,
  },
  other_rcode: {
    meaning: 'any other rcode, extended ones included (RFC 6895 §2.3)',
    kind: 'error',
    folded: 'error',
    asksNext: false,
  },
  timeout: {
    meaning: 'no valid reply within the timeout, after all attempts',
    kind: 'silence',
    folded: 'timeout',
    asksNext: true,
  },
  unreachable: {
    meaning:
      'the network or the system of the monitor refused: ICMP unreachable, connection refused or reset, no route, no permission, no file descriptor',
    kind: 'silence',
    folded: 'timeout',
    asksNext: true,
  },
  malformed: {
    meaning:
      'a reply that breaks the wire format (RFC 1035 §4), or a name that no DNS message can contain',
    kind: 'error',
    folded: 'error',
    asksNext: false,
  },
  truncated: {
    meaning: 'the reply had TC set and the query over TCP failed',
    kind: 'error',
    folded: 'error',
    asksNext: true,
  },
} as const satisfies Record<string, OutcomeRow>;

export type Outcome = keyof typeof OUTCOMES;

/** The label values of `externalname_probes_total`, in the order of the table. */
export const FOLDED_OUTCOMES: readonly FoldedOutcome[] = [
  ...new Set(Object.values(OUTCOMES).map(({ folded }) => folded)),
];

export function kindOf(outcome: Outcome): OutcomeKind {
  return OUTCOMES[outcome].kind;
}

/** Whether the outcome proves nothing about the name: an error or no reply. */
export function isFailure(outcome: Outcome): boolean {
  const kind = kindOf(outcome);
  return kind === 'error' || kind === 'silence';
}

/**
 * For a control query: whether the server serves the cluster's zone. In a cluster without IPv4 the
 * name has no A record.
 */
export function servesZone(outcome: Outcome): boolean {
  return outcome === 'ok' || outcome === 'nodata';
}

/**
 * Whether the name is known not to exist, or not to have the record. Errors and timeouts do not
 * count.
 */
export function isNegative(outcome: Outcome): boolean {
  const kind = kindOf(outcome);
  return kind === 'missing' || kind === 'empty';
}
