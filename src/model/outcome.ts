/**
 * The bounded result of one query: one question to cluster DNS, with its attempts and any
 * fall-back to TCP. A public contract: words are never renamed, nor reused with another meaning.
 */
export const OUTCOMES = {
  ok: 'the answer holds what was asked for',
  nxdomain: 'NXDOMAIN: the name does not exist (RFC 8020)',
  nodata:
    'NOERROR without a record of the asked type: the name exists, the type does not (RFC 2308 §2.2)',
  bare_cname:
    'NOERROR with a CNAME but no address at its end; cluster DNS says so of any target that it failed to resolve',
  mismatch: 'a CNAME, but not the one in spec.externalName',
  servfail: 'SERVFAIL: the server failed to get an answer',
  refused: 'REFUSED: the server will not answer, by policy or because its forward limit is reached',
  formerr: 'FORMERR: the server says that it cannot read the query, even without EDNS',
  notimp: 'NOTIMP: the server does not support the query',
  other_rcode: 'any other rcode, extended ones included (RFC 6895 §2.3)',
  timeout: 'no valid reply within the time-out, after all attempts',
  unreachable: 'the network said no: ICMP unreachable, connection refused or reset, no route',
  malformed: 'a reply to our question that breaks the wire format (RFC 1035 §4)',
  truncated: 'the reply had TC set and the query over TCP failed',
} as const;

export type Outcome = keyof typeof OUTCOMES;

/** Outcomes as `externalname_probes_total` tells them: fewer words, so that series per Service stay few. */
export type FoldedOutcome = 'ok' | 'nxdomain' | 'nodata' | 'mismatch' | 'error' | 'timeout';

export const FOLDED: Readonly<Record<Outcome, FoldedOutcome>> = {
  ok: 'ok',
  nxdomain: 'nxdomain',
  nodata: 'nodata',
  bare_cname: 'nodata',
  mismatch: 'mismatch',
  servfail: 'error',
  refused: 'error',
  formerr: 'error',
  notimp: 'error',
  other_rcode: 'error',
  timeout: 'timeout',
  unreachable: 'timeout',
  malformed: 'error',
  truncated: 'error',
};
