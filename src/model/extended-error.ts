/**
 * Extended DNS errors: the reason that a server gives for its reply, in addition to the rcode (RFC
 * 8914).
 */

export interface ExtendedError {
  /** The INFO-CODE. */
  readonly code: number;
  /**
   * The EXTRA-TEXT: printable ASCII of at most `MAX_EXTRA_TEXT` characters; empty if there is none.
   */
  readonly text: string;
}

export const MAX_EXTRA_TEXT = 200;

export interface ExtendedErrorRow {
  /** The registry's name of the code, as a label value. */
  readonly name: string;
  /** A description for people; ` for <name>` may follow. */
  readonly meaning: string;
}

/**
 * IANA's registry "Extended DNS Error Codes", by code. The names are a public contract: a name is
 * never changed, and never reused with another meaning.
 */
export const EXTENDED_ERRORS: readonly ExtendedErrorRow[] = [
  { name: 'other_error', meaning: 'an error without a code of its own' },
  { name: 'unsupported_dnskey_algorithm', meaning: 'DNSSEC: unsupported DNSKEY algorithm' },
  { name: 'unsupported_ds_digest_type', meaning: 'DNSSEC: unsupported DS digest type' },
  { name: 'stale_answer', meaning: 'an expired answer from the cache' },
  { name: 'forged_answer', meaning: 'an answer that the server replaced by policy' },
  { name: 'dnssec_indeterminate', meaning: 'DNSSEC: validation came to no result' },
  { name: 'dnssec_bogus', meaning: 'DNSSEC: validation failed' },
  { name: 'signature_expired', meaning: 'DNSSEC: signature expired' },
  { name: 'signature_not_yet_valid', meaning: 'DNSSEC: signature not valid yet' },
  { name: 'dnskey_missing', meaning: 'DNSSEC: no DNSKEY' },
  { name: 'rrsigs_missing', meaning: 'DNSSEC: no signature (RRSIG)' },
  { name: 'no_zone_key_bit_set', meaning: 'DNSSEC: no DNSKEY with the zone key bit' },
  { name: 'nsec_missing', meaning: 'DNSSEC: no proof (NSEC) that the records are absent' },
  { name: 'cached_error', meaning: 'an error from the cache' },
  { name: 'not_ready', meaning: 'the server is not ready yet' },
  { name: 'blocked', meaning: 'blocked by the operator of the server' },
  { name: 'censored', meaning: 'blocked because an authority demands it' },
  { name: 'filtered', meaning: 'filtered, as the client or its network requested' },
  { name: 'prohibited', meaning: 'the server does not serve this client' },
  { name: 'stale_nxdomain_answer', meaning: 'an expired NXDOMAIN from the cache' },
  { name: 'not_authoritative', meaning: 'the server is not authoritative and does not recurse' },
  { name: 'not_supported', meaning: 'the server does not support the query' },
  { name: 'no_reachable_authority', meaning: 'no authoritative server could be reached' },
  { name: 'network_error', meaning: 'a network error on the way to an authoritative server' },
  { name: 'invalid_data', meaning: 'invalid data in the zone' },
  {
    name: 'signature_expired_before_valid',
    meaning: 'DNSSEC: signature expires before it is valid',
  },
  { name: 'too_early', meaning: 'the query came in early data of a connection' },
  {
    name: 'unsupported_nsec3_iterations_value',
    meaning: 'DNSSEC: unsupported number of NSEC3 iterations',
  },
  {
    name: 'unable_to_conform_to_policy',
    meaning: 'the server could not answer as its policy demands',
  },
  { name: 'synthesized', meaning: 'an answer that the server made itself' },
  { name: 'invalid_query_type', meaning: 'a query type that must not be asked for' },
];

const UNASSIGNED: ExtendedErrorRow = { name: 'unassigned', meaning: 'an unknown error code' };

/**
 * The row of a code. All codes that are not in the table, private ones included, share one row, so
 * that label values stay few.
 */
export function extendedErrorRow(code: number): ExtendedErrorRow {
  return EXTENDED_ERRORS[code] ?? UNASSIGNED;
}

/** `DNSSEC: no DNSKEY for bogus.example.net`. */
export function extendedErrorText({ code }: Pick<ExtendedError, 'code'>, name: string): string {
  const { meaning } = extendedErrorRow(code);
  return `${meaning}${EXTENDED_ERRORS[code] ? '' : ` (${code})`} for ${name}`;
}

/**
 * The most specific of several errors: a DNSSEC reason first, a code that only reports a failure
 * last.
 */
export function mainExtendedError(errors: readonly ExtendedError[]): ExtendedError | undefined {
  return errors.toSorted((a, b) => rankOf(a) - rankOf(b))[0];
}

const VAGUE = new Set(['dnssec_bogus', 'dnssec_indeterminate', 'cached_error']);

function rankOf({ code }: ExtendedError): number {
  const { name, meaning } = extendedErrorRow(code);
  if (name === 'other_error' || name === 'unassigned') return 3;
  if (VAGUE.has(name)) return 2;
  return meaning.startsWith('DNSSEC') ? 0 : 1;
}
