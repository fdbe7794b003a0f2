import type { QueryType } from '../model/round.ts';
import { ipv4Text, ipv6Text } from './address.ts';
import { readName, writeName } from './name.ts';

export interface Question {
  /** As in name.ts. */
  readonly name: string;
  /** `NS` is asked of no Service. */
  readonly type: QueryType | 'NS';
}

export interface ResourceRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
  /** Where its RDATA begins in the message, and how long it is. */
  readonly start: number;
  readonly length: number;
  /** The address of A and AAAA, the target of CNAME; absent for all else, and where the RDATA cannot be read. */
  readonly data?: string;
}

export interface Fault {
  readonly why: string;
  readonly inAnswer: boolean;
  /** The record, where only its RDATA runs past the end of the message. */
  readonly cut?: ResourceRecord;
}

/** A reply as far as it can be read. */
export interface Reply {
  readonly message: Buffer;
  /** With the extended bits of OPT (RFC 6891 §6.1.3). */
  readonly rcode: number;
  /** How many records its header says are in the answer, authority and additional sections. */
  readonly counts: readonly number[];
  /** Of all sections, in their order. */
  readonly records: readonly ResourceRecord[];
  readonly answers: readonly ResourceRecord[];
  /** The first SOA of the authority section. */
  readonly soa?: ResourceRecord | undefined;
  /** The first OPT. */
  readonly opt?: ResourceRecord | undefined;
  /** Why a record could not be read: nothing behind it can be. */
  readonly fault?: Fault;
}

export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, AAAA: 28, OPT: 41 } as const;
export const CLASS_IN = 1;
export const HEADER = 12;
/** Bits of the header's second word (RFC 1035 §4.1.1, RFC 4035 §3). */
export const FLAG = {
  qr: 0x8000,
  aa: 0x0400,
  tc: 0x0200,
  rd: 0x0100,
  ra: 0x0080,
  ad: 0x0020,
  cd: 0x0010,
} as const;
const OPCODE_MASK = 0x7800;
const TYPE_AND_CLASS = 4;
/** In the first byte of the flags of OPT. */
const DNSSEC_OK = 0x80;

/** UDP payload sizes of EDNS: ours avoids fragments (DNS Flag Day 2020), the other is glibc's (`RESOLV_EDNS_BUFFER_SIZE`). */
export const EDNS_PAYLOAD = { own: 1232, stub: 1200 } as const;

/** How a query is sent. */
export interface QueryForm {
  /** The UDP payload size of EDNS (RFC 6891 §6.1); without EDNS where it is absent. */
  readonly payload?: number;
  /** DNSSEC records are wanted (DO, RFC 3225); of no effect without EDNS. */
  readonly dnssec?: boolean;
  /** `trust-ad`. */
  readonly ad?: boolean;
}

/**
 * A standard query, recursion desired (RFC 1035 §4.1).
 * @throws RangeError if the name cannot be encoded
 */
export function encodeQuery(
  id: number,
  question: Question,
  { payload, dnssec, ad }: QueryForm,
): Buffer {
  const nameBytes = Buffer.byteLength(question.name) + 2;
  const optBytes = payload === undefined ? 0 : 11;
  const out = Buffer.allocUnsafe(HEADER + nameBytes + TYPE_AND_CLASS + optBytes);
  out.writeUInt16BE(id, 0);
  out.writeUInt16BE(ad ? FLAG.rd | FLAG.ad : FLAG.rd, 2);
  out.writeUInt16BE(1, 4);
  out.writeUInt32BE(0, 6);
  out.writeUInt16BE(payload === undefined ? 0 : 1, 10);
  let at = writeName(out, question.name, HEADER);
  at = out.writeUInt16BE(TYPE[question.type], at);
  at = out.writeUInt16BE(CLASS_IN, at);
  if (payload !== undefined) {
    // OPT: the root's name, type, payload; no extended rcode, version 0, no flag but perhaps DO, no options.
    at = out.writeUInt8(0, at);
    at = out.writeUInt16BE(TYPE.OPT, at);
    at = out.writeUInt16BE(payload, at);
    out.fill(0, at, at + 6);
    if (dnssec) out.writeUInt8(DNSSEC_OK, at + 2);
    at += 6;
  }
  return out.subarray(0, at);
}

/** Whether these bytes claim to answer the query `id`: too little to trust, enough to know that they are meant for us. */
export function isReplyTo(message: Buffer, id: number): boolean {
  if (message.length < HEADER || message.readUInt16BE(0) !== id) return false;
  return (message.readUInt16BE(2) & (FLAG.qr | OPCODE_MASK)) === FLAG.qr;
}

/**
 * Whether a reply repeats the question of our query: one to another question is not ours, or
 * forged. ASCII letters of the name may differ in case (RFC 4343 §3); type and class have none.
 */
export function repeatsQuestion(reply: Buffer, query: Buffer): boolean {
  if (reply.length < HEADER || reply.readUInt16BE(4) !== 1) return false;
  const end = questionEnd(query);
  if (reply.length < end) return false;
  for (let at = HEADER; at < end; at++) {
    if (reply[at] !== query[at] && lowerCase(reply[at]) !== lowerCase(query[at])) return false;
  }
  return true;
}

/** Of a query of ours, whose name is not compressed. */
function questionEnd(query: Buffer): number {
  let at = HEADER;
  for (let length = query[at]; length; length = query[at]) at += length + 1;
  return at + 1 + TYPE_AND_CLASS;
}

function lowerCase(byte = 0): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte;
}

/** Reads a reply. Bytes behind the last record do not matter; never throws. */
export function decodeReply(message: Buffer): Reply {
  const counts = [6, 8, 10].map((at) => message.readUInt16BE(at));
  const [answerCount = 0, authorityCount = 0] = counts;
  const recordCount = counts.reduce((sum, count) => sum + count);
  const records: ResourceRecord[] = [];
  const names = new Map<number, string>();
  let fault: Fault | undefined;
  let record: ResourceRecord | undefined;
  try {
    let at = HEADER;
    for (let left = message.readUInt16BE(4); left > 0; left--)
      at = readName(message, at, names).end + TYPE_AND_CLASS;
    while (records.length < recordCount) {
      record = undefined;
      record = readRecord(message, at, names);
      at = endOf(record, message);
      records.push(record);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    fault = { why, inAnswer: records.length < answerCount, ...(record ? { cut: record } : {}) };
  }
  const opt = records.slice(answerCount).find(({ type }) => type === TYPE.OPT);
  const rcode = (message.readUInt16BE(2) & 0xf) | (((opt?.ttl ?? 0) >>> 24) << 4);
  const answers = records.slice(0, answerCount);
  const authority = records.slice(answerCount, answerCount + authorityCount);
  const soa = authority.find(({ type }) => type === TYPE.SOA);
  return { message, rcode, counts, records, answers, soa, opt, ...(fault ? { fault } : {}) };
}

/**
 * Where a record ends.
 * @throws RangeError if that is past the end of the message
 */
function endOf({ start, length }: ResourceRecord, message: Buffer): number {
  if (start + length <= message.length) return start + length;
  throw new RangeError(`RDATA of ${length} bytes at ${start} runs past the end`);
}

/**
 * Reads one record (RFC 1035 §3.2.1). `names`: those of the message that are known already, see `readName`.
 * @throws RangeError if its name cannot be read, or what follows up to its RDATA
 */
export function readRecord(
  message: Buffer,
  at: number,
  names?: Map<number, string>,
): ResourceRecord {
  const { name, end } = readName(message, at, names);
  const type = message.readUInt16BE(end);
  const recordClass = message.readUInt16BE(end + 2);
  const ttl = message.readUInt32BE(end + 4);
  const length = message.readUInt16BE(end + 8);
  const start = end + 10;
  const data = dataOf(message, type, start, length, names);
  const record = { name, type, class: recordClass, ttl, start, length };
  return data === undefined ? record : { ...record, data };
}

function dataOf(
  message: Buffer,
  type: number,
  start: number,
  length: number,
  names: Map<number, string> | undefined,
): string | undefined {
  if (start + length > message.length) return undefined;
  if (type === TYPE.A) return length === 4 ? ipv4Text(message, start) : undefined;
  if (type === TYPE.AAAA) return length === 16 ? ipv6Text(message, start) : undefined;
  if (type !== TYPE.CNAME) return undefined;
  try {
    return readName(message, start, names).name;
  } catch {
    return undefined;
  }
}
