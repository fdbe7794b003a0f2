import { isIP } from 'node:net';

/**
 * Names as text are absolute, in lower case and without their last dot; the root is `.`. Bytes that are not printable
 * stand as `\DDD`, a dot or a backslash within a label as `\.` and `\\` (RFC 1035 §5.1). Nothing is lost by that but
 * the case of ASCII letters: any name out of a reply can be asked for, byte for byte.
 */

/** Longest label in bytes (RFC 1035 §2.3.4). */
const MAX_LABEL = 63;
/** Longest name in bytes on the wire, length bytes and the root's included (RFC 1035 §2.3.4). */
const MAX_NAME = 255;

/** So many pointers a name can have use of: one before each of its labels. A message of thousands of them would keep us for long. */
const MAX_POINTERS = 127;

export const ROOT = '.';

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** Why a name cannot be put into a DNS message, or undefined if it can. */
export function whyNotEncodable(name: string): string | undefined {
  const end = encode(name, undefined, 0);
  return typeof end === 'string' ? end : undefined;
}

/**
 * Writes `name` uncompressed at `offset`; returns the offset behind it. It takes `name.length + 2` bytes at most,
 * three for each character outside of ASCII.
 * @throws RangeError if the name cannot be encoded
 */
export function writeName(out: Buffer, name: string, offset: number): number {
  const end = encode(name, out, offset);
  if (typeof end === 'string')
    throw new RangeError(`Cannot encode a DNS name: ${end}, got ${JSON.stringify(name)}`);
  return end;
}

/** Writes a name where there is `out`; returns the offset behind it, or why it cannot be encoded. */
function encode(name: string, out: Buffer | undefined, offset: number): number | string {
  if (name === ROOT) {
    if (out) out[offset] = 0;
    return offset + 1;
  }
  if (name === '') return 'the name is empty';
  // A character for each byte.
  const bytes =
    Buffer.byteLength(name) === name.length ? name : Buffer.from(name).toString('latin1');
  let lengthAt = offset;
  let end = offset + 1;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = bytes.charCodeAt(at);
    if (at === bytes.length || byte === DOT) {
      const length = end - lengthAt - 1;
      if (length === 0) return 'a label is empty';
      if (length > MAX_LABEL) return `a label has ${length} bytes, more than ${MAX_LABEL}`;
      if (out) out[lengthAt] = length;
      lengthAt = end;
    } else if (byte !== BACKSLASH) {
      if (out) out[end] = byte;
    } else {
      const [escaped = '', digits] = /^\\(?:(\d{3})|\D)/.exec(bytes.slice(at, at + 4)) ?? [];
      const value = digits === undefined ? escaped.charCodeAt(1) : Number(digits);
      if (!(value <= 0xff)) return 'a backslash does not begin an escape of one byte';
      if (out) out[end] = value;
      at += escaped.length - 1;
    }
    end++;
  }
  if (out) out[lengthAt] = 0;
  const total = end - offset;
  return total > MAX_NAME ? `the name has ${total} bytes, more than ${MAX_NAME}` : end;
}

/** Whether a target is an IP address and no name. The first test is quick and true of few names. */
export function isLiteral(target: string): boolean {
  return /[\d:]$/.test(target) && isIP(target) !== 0;
}

export interface NameAt {
  readonly name: string;
  /** Offset behind the name where it stands. */
  readonly end: number;
}

/** How each byte of a label stands in text. */
const TEXT = Array.from({ length: 256 }, (_, byte) => {
  if (byte <= 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`;
  const char = String.fromCharCode(byte);
  return byte === DOT || byte === BACKSLASH ? `\\${char}` : char.toLowerCase();
});
/** Bytes that stand for themselves. */
const IS_PLAIN = TEXT.map((text, byte) => text === String.fromCharCode(byte));

/**
 * Reads a name, following compression pointers (RFC 1035 §4.1.4). A pointer must point before the
 * place where the current run of labels began, so no message can make this loop.
 *
 * `known`: names of this message by their offset, to which this one is added: most names are nothing but a pointer to one.
 * @throws RangeError on labels or pointers that break the format
 */
export function readName(message: Buffer, offset: number, known?: Map<number, string>): NameAt {
  let at = offset;
  let runStart = offset;
  let end = -1;
  let total = 1;
  let text = '';
  let pointers = 0;
  for (;;) {
    const length = byteAt(message, at);
    if (length === 0) {
      // Without the last label's dot.
      const name = text.slice(0, -1) || ROOT;
      known?.set(offset, name);
      return { name, end: end < 0 ? at + 1 : end };
    }
    if (length >= 0xc0) {
      const pointer = ((length & 0x3f) << 8) | byteAt(message, at + 1);
      if (pointer >= runStart)
        throw new RangeError(`a compression pointer at ${at} does not point back`);
      if (++pointers > MAX_POINTERS)
        throw new RangeError(`a name of more than ${MAX_POINTERS} pointers at ${offset}`);
      const name = at === offset ? known?.get(pointer) : undefined;
      if (name !== undefined) return { name, end: at + 2 };
      if (end < 0) end = at + 2;
      at = pointer;
      runStart = pointer;
      continue;
    }
    if (length > MAX_LABEL) throw new RangeError(`a label of type ${length >> 6} at ${at}`);
    total += length + 1;
    if (total > MAX_NAME)
      throw new RangeError(`a name of more than ${MAX_NAME} bytes at ${offset}`);
    const next = at + 1 + length;
    text += labelText(message, at + 1, next);
    text += '.';
    at = next;
  }
}

function labelText(message: Buffer, start: number, end: number): string {
  let at = start;
  while (at < end && IS_PLAIN[byteAt(message, at)]) at++;
  let text = message.toString('latin1', start, at);
  for (; at < end; at++) text += TEXT[byteAt(message, at)];
  return text;
}

function byteAt(message: Buffer, at: number): number {
  const byte = message[at];
  if (byte === undefined) throw new RangeError(`a name runs past the end at ${at}`);
  return byte;
}
