import { extendedErrorRow } from '../model/extended-error.ts';
import type { RecordRead, ReplyRead } from '../model/probed.ts';
import { endOf, FLAG, HEADER, type ResourceRecord, readRecord, TYPE } from './message.ts';
import { ROOT, readName } from './name.ts';
import { type EdnsOption, extendedErrorOf, optionsOf } from './options.ts';

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
/** Options of EDNS that servers send of their own accord (IANA, "DNS EDNS0 Option Codes"). */
const OPTIONS: Readonly<Record<number, string>> = {
  3: 'NSID',
  8: 'client subnet',
  10: 'cookie',
  11: 'TCP keepalive',
  12: 'padding',
};
const MOST_OPTIONS = 8;
/** Types whose RDATA is one name: NS, CNAME, PTR, DNAME. */
const OF_NAME = new Set([2, 5, 12, 39]);
const SECTIONS = ['answer', 'authority', 'additional'] as const;

/** Reads a reply for display, as far as it can be read; never throws. */
export function inspect(message: Buffer): ReplyRead {
  if (message.length < HEADER) {
    const fault = `the header ends after ${message.length} bytes`;
    return { bytes: message.length, flags: [], rcode: '-', records: [], recordCount: 0, fault };
  }
  const bits = message.readUInt16BE(2);
  const counts = [6, 8, 10].map((at) => message.readUInt16BE(at));
  const head = {
    bytes: message.length,
    flags: Object.entries(FLAG).flatMap(([name, bit]) => ((bits & bit) !== 0 ? [name] : [])),
    recordCount: counts.reduce((sum, one) => sum + one, 0),
  };
  const records: RecordRead[] = [];
  let rcode = bits & 0xf;
  try {
    let at = HEADER;
    for (let i = message.readUInt16BE(4); i > 0; i--) at = readName(message, at).end + 4;
    for (const [i, section] of SECTIONS.entries()) {
      for (let left = counts[i] ?? 0; left > 0 && records.length < MOST_RECORDS; left--) {
        const record = readRecord(message, at);
        at = endOf(record, message);
        records.push(shown(message, record, section));
        // Upper bits of the rcode (RFC 6891 §6.1.3).
        if (record.type === TYPE.OPT) rcode |= (record.ttl >>> 24) << 4;
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

function shown(
  message: Buffer,
  record: ResourceRecord,
  section: RecordRead['section'],
): RecordRead {
  const { name, type, ttl } = record;
  const head = { section, name: absolute(name), type: TYPES[type] ?? `TYPE${type}` };
  if (type === TYPE.OPT) {
    const options = optionsOf(message, record).slice(0, MOST_OPTIONS).map(optionText);
    const edns = `EDNS ${(ttl >>> 16) & 0xff}, payload ${record.class}`;
    return { ...head, ttl: 0, data: [edns, ...options].join(', ') };
  }
  return { ...head, ttl, data: dataOf(message, record) };
}

function optionText(option: EdnsOption): string {
  const error = extendedErrorOf(option);
  if (!error)
    return `${OPTIONS[option.code] ?? `option ${option.code}`} of ${option.data.length} bytes`;
  const { code, text } = error;
  return `EDE ${code} (${extendedErrorRow(code).meaning})${text === '' ? '' : ` ${JSON.stringify(text)}`}`;
}

/** @throws RangeError if a name cannot be read */
function dataOf(message: Buffer, { type, start, length, data }: ResourceRecord): string {
  if (OF_NAME.has(type)) return absolute(readName(message, start).name);
  if (data !== undefined) return data;
  if (type === TYPE.SOA) {
    const primary = readName(message, start);
    const { name: owner, end: at } = readName(message, primary.end);
    const numbers = [0, 4, 8, 12, 16].map((offset) => message.readUInt32BE(at + offset));
    return `${absolute(primary.name)} ${absolute(owner)} ${numbers.join(' ')}`;
  }
  return `${length} bytes`;
}

function absolute(name: string): string {
  return name === ROOT ? ROOT : `${name}.`;
}
