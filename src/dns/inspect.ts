import type { RecordRead, ReplyRead } from '../model/probed.ts';
import { ipv6Text } from './message.ts';
import { readName } from './name.ts';

const HEADER = 12;
/** Of a reply no more records are shown. */
const MOST_RECORDS = 40;

/** Bits of the header's second word, from the left (RFC 1035 §4.1.1, RFC 4035 §3). */
const FLAGS = [
  ['qr', 0x8000],
  ['aa', 0x0400],
  ['tc', 0x0200],
  ['rd', 0x0100],
  ['ra', 0x0080],
  ['ad', 0x0020],
  ['cd', 0x0010],
] as const;

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const TYPES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  39: 'DNAME',
  41: 'OPT',
  46: 'RRSIG',
  65: 'HTTPS',
};
/** Types whose RDATA is one name. */
const OF_NAME = new Set([2, 5, 12, 39]);
const SECTIONS = ['answer', 'authority', 'additional'] as const;

/** Reads a reply for people to look at: as much as can be read, of whatever came in; never throws. */
export function inspect(message: Buffer): ReplyRead {
  if (message.length < HEADER) {
    const fault = `the header ends after ${message.length} bytes`;
    return { bytes: message.length, flags: [], rcode: '-', records: [], recordCount: 0, fault };
  }
  const bits = message.readUInt16BE(2);
  const counts = [6, 8, 10].map((at) => message.readUInt16BE(at));
  const head = {
    bytes: message.length,
    flags: FLAGS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name),
    recordCount: counts.reduce((sum, one) => sum + one, 0),
  };
  const records: RecordRead[] = [];
  let rcode = bits & 0xf;
  try {
    let at = HEADER;
    for (let i = message.readUInt16BE(4); i > 0; i--) at = readName(message, at).end + 4;
    for (const [i, section] of SECTIONS.entries()) {
      for (let left = counts[i] ?? 0; left > 0 && records.length < MOST_RECORDS; left--) {
        const { record, end, extended } = recordAt(message, at, section);
        records.push(record);
        rcode |= extended << 4;
        at = end;
      }
    }
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    return { ...head, rcode: rcodeText(rcode), records, fault };
  }
  return { ...head, rcode: rcodeText(rcode), records };
}

function rcodeText(rcode: number): string {
  return RCODES[rcode] ?? `RCODE${rcode}`;
}

interface At {
  readonly record: RecordRead;
  readonly end: number;
  /** Upper bits of the rcode, in an OPT record (RFC 6891 §6.1.3). */
  readonly extended: number;
}

/** @throws RangeError if it runs past the end */
function recordAt(message: Buffer, offset: number, section: RecordRead['section']): At {
  const { name, end: at } = readName(message, offset);
  const type = message.readUInt16BE(at);
  const ttl = message.readUInt32BE(at + 4);
  const start = at + 10;
  const end = start + message.readUInt16BE(at + 8);
  if (end > message.length) throw new RangeError(`a record at ${offset} runs past the end`);
  const shown = { section, name: `${name}.`, type: TYPES[type] ?? `TYPE${type}` };
  if (type === 41) {
    const data = `EDNS ${(ttl >>> 16) & 0xff}, payload ${message.readUInt16BE(at + 2)}`;
    return { record: { ...shown, ttl: 0, data }, end, extended: ttl >>> 24 };
  }
  return { record: { ...shown, ttl, data: dataOf(message, type, start, end) }, end, extended: 0 };
}

function dataOf(message: Buffer, type: number, start: number, end: number): string {
  const length = end - start;
  if (type === 1 && length === 4) return [...message.subarray(start, end)].join('.');
  if (type === 28 && length === 16) return ipv6Text(message, start);
  if (OF_NAME.has(type)) return `${readName(message, start).name}.`;
  if (type === 6) {
    const primary = readName(message, start);
    const { name: owner, end: at } = readName(message, primary.end);
    const numbers = [0, 4, 8, 12, 16].map((offset) => message.readUInt32BE(at + offset));
    return `${primary.name}. ${owner}. ${numbers.join(' ')}`;
  }
  return `${length} bytes`;
}
