import type { RecordRead, ReplyRead } from '../model/probed.ts';
import { decodeReply, FLAG, HEADER, type ResourceRecord, TYPE } from './message.ts';
import { ROOT, readName } from './name.ts';

type Section = RecordRead['section'];

/** Of a reply no more records are shown. */
const MOST_RECORDS = 40;

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
const SOA = 6;
/** Types whose RDATA is one name: NS, CNAME, PTR, DNAME. */
const OF_NAME = new Set([2, 5, 12, 39]);

/** Reads a reply for display, as far as it can be read; never throws. */
export function inspect(message: Buffer): ReplyRead {
  if (message.length < HEADER) {
    const fault = `the header ends after ${message.length} bytes`;
    return { bytes: message.length, flags: [], rcode: '-', records: [], recordCount: 0, fault };
  }
  const bits = message.readUInt16BE(2);
  const { rcode, counts, records, fault } = decodeReply(message);
  const [answers = 0, authorities = 0] = counts;
  const sectionOf = (i: number): Section =>
    i < answers ? 'answer' : i < answers + authorities ? 'authority' : 'additional';
  return {
    bytes: message.length,
    flags: Object.entries(FLAG).flatMap(([name, bit]) => ((bits & bit) !== 0 ? [name] : [])),
    rcode: RCODES[rcode] ?? `RCODE${rcode}`,
    recordCount: counts.reduce((sum, count) => sum + count),
    records: records
      .slice(0, MOST_RECORDS)
      .map((record, i) => shown(message, record, sectionOf(i))),
    ...(fault ? { fault: fault.why } : {}),
  };
}

function shown(message: Buffer, record: ResourceRecord, section: Section): RecordRead {
  const { name, type, ttl } = record;
  const head = { section, name: absolute(name), type: TYPES[type] ?? `TYPE${type}` };
  if (type === TYPE.OPT) {
    const data = `EDNS ${(ttl >>> 16) & 0xff}, payload ${record.class}`;
    return { ...head, ttl: 0, data };
  }
  return { ...head, ttl, data: dataOf(message, record) };
}

function dataOf(message: Buffer, { type, start, length, data }: ResourceRecord): string {
  if (data !== undefined && type !== TYPE.CNAME) return data;
  try {
    if (OF_NAME.has(type)) return absolute(readName(message, start).name);
    if (type === SOA) {
      const primary = readName(message, start);
      const { name: owner, end: at } = readName(message, primary.end);
      const numbers = [0, 4, 8, 12, 16].map((offset) => message.readUInt32BE(at + offset));
      return `${absolute(primary.name)} ${absolute(owner)} ${numbers.join(' ')}`;
    }
  } catch {
    // As of a type that we do not know.
  }
  return `${length} bytes`;
}

function absolute(name: string): string {
  return name === ROOT ? ROOT : `${name}.`;
}
