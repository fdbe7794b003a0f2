import { extendedErrorRow } from '../model/extended-error.ts';
import type { RecordRead, ReplyRead } from '../model/probed.ts';
import { decodeReply, FLAG, HEADER, type ResourceRecord, TYPE } from './message.ts';
import { ROOT, readName } from './name.ts';
import { type EdnsOption, extendedErrorOf, optionsOf } from './options.ts';

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

/** Reads a reply for display, as far as it can be read; never throws. */
export function inspect(message: Buffer): ReplyRead {
  if (message.length < HEADER) {
    const fault = `the header ends after ${message.length} bytes`;
    return { bytes: message.length, flags: [], rcode: '-', records: [], recordCount: 0, fault };
  }
  const bits = message.readUInt16BE(2);
  const { rcode, counts, records: all, fault } = decodeReply(message);
  const [answers = 0, authorities = 0] = counts;
  const sectionOf = (i: number): Section =>
    i < answers ? 'answer' : i < answers + authorities ? 'authority' : 'additional';
  const records: RecordRead[] = [];
  let why = fault?.why;
  try {
    for (const [i, record] of all.slice(0, MOST_RECORDS).entries())
      records.push(shown(message, record, sectionOf(i)));
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  return {
    bytes: message.length,
    flags: Object.entries(FLAG).flatMap(([name, bit]) => ((bits & bit) !== 0 ? [name] : [])),
    rcode: RCODES[rcode] ?? `RCODE${rcode}`,
    records,
    recordCount: counts.reduce((sum, count) => sum + count),
    ...(why === undefined ? {} : { fault: why }),
  };
}

function shown(message: Buffer, record: ResourceRecord, section: Section): RecordRead {
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
