import { isIP } from 'node:net';

/** Longest label in bytes (RFC 1035 §2.3.4). */
const MAX_LABEL = 63;
/** Longest name in bytes on the wire, length bytes and the root's included (RFC 1035 §2.3.4). */
const MAX_NAME = 255;

/** Nearly every name: its bytes are its characters, so that its length is told without taking it apart. */
const PLAIN = /^[!--/-~]{1,63}(?:\.[!--/-~]{1,63})*$/;
const DOT = 0x2e;

/** Why a name cannot be put into a DNS message, or undefined if it can. `name` is absolute, without its last dot. */
export function whyNotEncodable(name: string): string | undefined {
  if (name.length <= MAX_NAME - 2 && PLAIN.test(name)) return undefined;
  if (name === '') return 'the name is empty';
  let total = 1;
  for (const label of name.split('.')) {
    const length = Buffer.byteLength(label);
    if (length === 0) return 'a label is empty';
    if (length > MAX_LABEL) return `a label has ${length} bytes, more than ${MAX_LABEL}`;
    total += length + 1;
  }
  return total > MAX_NAME ? `the name has ${total} bytes, more than ${MAX_NAME}` : undefined;
}

/**
 * Writes `name`, absolute and without its last dot, uncompressed at `offset`; returns the offset behind it.
 * @throws RangeError if the name cannot be encoded
 */
export function writeName(out: Buffer, name: string, offset: number): number {
  const why = whyNotEncodable(name);
  if (why) throw new RangeError(`Cannot encode a DNS name: ${why}, got ${JSON.stringify(name)}`);
  // The text, one byte further on, is the name but for its dots, which become the lengths of the labels.
  const end = offset + 1 + out.write(name, offset + 1);
  let start = offset;
  for (let at = offset + 1; at <= end; at++) {
    if (at < end && out[at] !== DOT) continue;
    out[start] = at - start - 1;
    start = at;
  }
  out[end] = 0;
  return end + 1;
}

/** Whether a target is an IP address and no name. Names that end in neither a digit nor a colon are told at a glance. */
export function isLiteral(target: string): boolean {
  return /[\d:]$/.test(target) && isIP(target) !== 0;
}

export interface NameAt {
  /** Presentation form without the last dot, in lower case; unusual bytes as `\DDD` (RFC 1035 §5.1). */
  readonly name: string;
  /** Offset behind the name where it stands. */
  readonly end: number;
}

/** Where names become text, one at a time: as long as the longest, were each of its bytes escaped. */
const text = Buffer.allocUnsafe(4 * MAX_NAME);

/**
 * Reads a name, following compression pointers (RFC 1035 §4.1.4). A pointer must point before the
 * place where the current run of labels began, so no message can make this loop.
 * @throws RangeError on labels or pointers that break the format
 */
export function readName(message: Buffer, offset: number): NameAt {
  let at = offset;
  let runStart = offset;
  let end = -1;
  let total = 1;
  let shown = 0;
  for (;;) {
    const length = byteAt(message, at);
    if (length === 0) {
      // Without the last label's dot.
      const name = text.toString('latin1', 0, Math.max(0, shown - 1));
      return { name, end: end < 0 ? at + 1 : end };
    }
    if (length >= 0xc0) {
      const pointer = ((length & 0x3f) << 8) | byteAt(message, at + 1);
      if (pointer >= runStart)
        throw new RangeError(`a compression pointer at ${at} does not point back`);
      if (end < 0) end = at + 2;
      at = pointer;
      runStart = pointer;
      continue;
    }
    if (length > MAX_LABEL) throw new RangeError(`a label of type ${length >> 6} at ${at}`);
    total += length + 1;
    if (total > MAX_NAME)
      throw new RangeError(`a name of more than ${MAX_NAME} bytes at ${offset}`);
    if (at + 1 + length > message.length)
      throw new RangeError(`a label at ${at} runs past the end`);
    for (const last = at + length; at < last; ) shown = show(byteAt(message, ++at), shown);
    text[shown++] = DOT;
    at++;
  }
}

/**
 * Adds one byte of a label to the text of its name; returns the text's new length. `getaddrinfo` shows
 * bytes beyond letters, digits, `-` and `_` escaped, and so do we: a reply is hostile input.
 */
function show(byte: number, at: number): number {
  if (byte >= 0x41 && byte <= 0x5a) text[at] = byte + 32;
  else if (byte > 0x20 && byte < 0x7f && byte !== DOT && byte !== 0x5c) text[at] = byte;
  else return at + text.write(`\\${String(byte).padStart(3, '0')}`, at);
  return at + 1;
}

function byteAt(message: Buffer, at: number): number {
  const byte = message[at];
  if (byte === undefined) throw new RangeError(`a name runs past the end at ${at}`);
  return byte;
}
