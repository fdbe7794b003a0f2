/** DNSSEC signatures (RRSIG, RFC 4034 §3) of an answer; they are read and not verified. */
import { decodeReply } from './message.ts';
import { readName } from './name.ts';

/** The signature of an answer that ends first. */
export interface Signature {
  /** The zone that has made it. */
  readonly zone: string;
  /** When it ends, in seconds since the epoch modulo 2³². */
  readonly expiration: number;
}

const RRSIG = 46;
/** Within its RDATA (RFC 4034 §3.1). */
const EXPIRATION = 8;
const SIGNER = 18;

/** Of all signatures in the answer section, so of each CNAME on the way; undefined where nothing is signed. */
export function firstToEnd(message: Buffer): Signature | undefined {
  let first: Signature | undefined;
  for (const { type, start, length } of decodeReply(message).answers) {
    if (type !== RRSIG || length <= SIGNER) continue;
    const expiration = message.readUInt32BE(start + EXPIRATION);
    if (first && !isBefore(expiration, first.expiration)) continue;
    try {
      first = { zone: readName(message, start + SIGNER).name, expiration };
    } catch {
      // A record that cannot be read says nothing.
    }
  }
  return first;
}

/** The end of a signature in seconds since the epoch: that moment within 68 years of `now`. */
export function endOf({ expiration }: Signature, now: number): number {
  const seconds = Math.floor(now);
  return seconds + ((expiration - seconds) | 0);
}

/** Serial number arithmetic (RFC 4034 §3.1.5, RFC 1982 §3.2). */
function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}
