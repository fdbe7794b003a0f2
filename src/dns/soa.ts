import type { NegativeAnswer } from '../model/round.ts';
import type { ResourceRecord } from './message.ts';

/** Serial, refresh, retry, expire, minimum. */
const NUMBERS = 5;
const SHORTEST = 2 + NUMBERS * 4;

/** Which zone says so, and for how long it may be cached; undefined if the RDATA is too short for a SOA. */
export function negativeOf(
  message: Buffer,
  { name, ttl, start, length }: ResourceRecord,
): NegativeAnswer | undefined {
  const end = start + length;
  if (length < SHORTEST || end > message.length) return undefined;
  const minimum = ttlOf(message.readUInt32BE(end - 4));
  return { zone: name, ttl: Math.min(ttlOf(ttl), minimum), minimum };
}

/** RFC 2181 §8: a TTL with the top bit set counts as zero. */
export function ttlOf(ttl: number): number {
  return ttl > 0x7fffffff ? 0 : ttl;
}
