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
  const labels = labelsOf(name);
  return typeof labels === 'string' ? labels : undefined;
}

/**
 * Writes `name` uncompressed at `offset`; returns the offset behind it. It takes `name.length + 2` bytes at most,
 * three for each character outside of ASCII.
 * @throws RangeError if the name cannot be encoded
 */
export function writeName(out: Buffer, name: string, offset: number): number {
  const labels = labelsOf(name);
  if (typeof labels === 'string')
    throw new RangeError(`Cannot encode a DNS name: ${labels}, got ${JSON.stringify(name)}`);
  let at = offset;
  for (const label of labels) {
    out[at] = label.length;
    out.set(label, at + 1);
    at += label.length + 1;
  }
  return out.writeUInt8(0, at);
}

/** The labels of a name as bytes, or why it has none that could be encoded. */
function labelsOf(name: string): readonly (readonly number[])[] | string {
  if (name === ROOT) return [];
  if (name === '') return 'the name is empty';
  const bytes = Buffer.from(name);
  const labels: number[][] = [];
  let label: number[] = [];
  let total = 1;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = bytes[at];
    if (byte === undefined || byte === DOT) {
      if (label.length === 0) return 'a label is empty';
      if (label.length > MAX_LABEL)
        return `a label has ${label.length} bytes, more than ${MAX_LABEL}`;
      total += label.length + 1;
      labels.push(label);
      label = [];
    } else if (byte !== BACKSLASH) {
      label.push(byte);
    } else {
      const [escaped = '', digits] =
        /^\\(?:(\d{3})|\D)/.exec(bytes.toString('latin1', at, at + 4)) ?? [];
      const value = digits === undefined ? escaped.charCodeAt(1) : Number(digits);
      if (!(value <= 0xff)) return 'a backslash does not begin an escape of one byte';
      label.push(value);
      at += escaped.length - 1;
    }
  }
  return total > MAX_NAME ? `the name has ${total} bytes, more than ${MAX_NAME}` : labels;
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
  let text = '';
  let pointers = 0;
  for (;;) {
    const length = byteAt(message, at);
    // Without the last label's dot.
    if (length === 0) return { name: text.slice(0, -1) || ROOT, end: end < 0 ? at + 1 : end };
    if (length >= 0xc0) {
      const pointer = ((length & 0x3f) << 8) | byteAt(message, at + 1);
      if (pointer >= runStart)
        throw new RangeError(`a compression pointer at ${at} does not point back`);
      if (++pointers > MAX_POINTERS)
        throw new RangeError(`a name of more than ${MAX_POINTERS} pointers at ${offset}`);
      if (end < 0) end = at + 2;
      at = pointer;
      runStart = pointer;
      continue;
    }
    if (length > MAX_LABEL) throw new RangeError(`a label of type ${length >> 6} at ${at}`);
    total += length + 1;
    if (total > MAX_NAME)
      throw new RangeError(`a name of more than ${MAX_NAME} bytes at ${offset}`);
    for (const last = at + length; at < last; ) text += TEXT[byteAt(message, ++at)];
    text += '.';
    at++;
  }
}

function byteAt(message: Buffer, at: number): number {
  const byte = message[at];
  if (byte === undefined) throw new RangeError(`a name runs past the end at ${at}`);
  return byte;
}
