import type { QueryType } from '../model/round.ts';
import { readName, writeName } from './name.ts';

export interface Question {
  /** Absolute, without its last dot, lower case. */
  readonly name: string;
  readonly type: QueryType;
}

export interface ResourceRecord {
  readonly name: string;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  /** The address of A and AAAA, the target of CNAME; absent for all else. */
  readonly data?: string;
}

export interface Reply {
  readonly id: number;
  /** With the extended bits of OPT (RFC 6891 §6.1.3). */
  readonly rcode: number;
  readonly truncated: boolean;
  readonly question: { readonly name: string; readonly type: number; readonly class: number };
  readonly answers: readonly ResourceRecord[];
}

export const TYPE = { A: 1, CNAME: 5, AAAA: 28 } as const;
const TYPE_OPT = 41;
const CLASS_IN = 1;
const HEADER = 12;
const TYPE_AND_CLASS = 4;
/** How an owner points to the question's name, as that of nearly every first record does (RFC 1035 §4.1.4). */
const QUESTION_NAME = 0xc000 | HEADER;
const FLAG_QR = 0x8000;
const OPCODE_MASK = 0x7800;
const FLAG_TC = 0x0200;
const FLAG_RD = 0x0100;

/** What resolvers agree not to exceed, so that replies are not fragmented (DNS Flag Day 2020). */
export const EDNS_PAYLOAD = 1232;
/** The OPT record of a query: the root's name, type, payload size; no extended rcode, version 0, no flags, no options. */
const OPT = Buffer.from([0, 0, TYPE_OPT, EDNS_PAYLOAD >> 8, EDNS_PAYLOAD & 0xff, 0, 0, 0, 0, 0, 0]);

/**
 * A standard query, recursion desired (RFC 1035 §4.1), with an OPT record if `edns` (RFC 6891 §6.1).
 * @throws RangeError if the name cannot be encoded
 */
export function encodeQuery(id: number, question: Question, edns: boolean): Buffer {
  const nameBytes = Buffer.byteLength(question.name) + 2;
  const optBytes = edns ? OPT.length : 0;
  const out = Buffer.allocUnsafe(HEADER + nameBytes + TYPE_AND_CLASS + optBytes);
  out.writeUInt16BE(id, 0);
  out.writeUInt16BE(FLAG_RD, 2);
  out.writeUInt16BE(1, 4);
  out.writeUInt32BE(0, 6);
  out.writeUInt16BE(edns ? 1 : 0, 10);
  let at = writeName(out, question.name, HEADER);
  at = out.writeUInt16BE(TYPE[question.type], at);
  at = out.writeUInt16BE(CLASS_IN, at);
  if (edns) OPT.copy(out, at);
  return out;
}

/** Whether these bytes claim to answer the query `id`: too little to trust, enough to know that they are meant for us. */
export function isReplyTo(message: Buffer, id: number): boolean {
  if (message.length < HEADER || message.readUInt16BE(0) !== id) return false;
  return (message.readUInt16BE(2) & (FLAG_QR | OPCODE_MASK)) === FLAG_QR;
}

/** The one question of a reply, or undefined if there is not exactly one that can be read. */
export function questionOf(
  message: Buffer,
): { question: Reply['question']; end: number } | undefined {
  try {
    if (message.readUInt16BE(4) !== 1) return undefined;
    const { name, end } = readName(message, HEADER);
    const type = message.readUInt16BE(end);
    const question = { name, type, class: message.readUInt16BE(end + 2) };
    return { question, end: end + TYPE_AND_CLASS };
  } catch {
    return undefined;
  }
}

/**
 * Whether a reply repeats the question of our query: one to another question is somebody else's, or
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

/**
 * Reads a reply strictly: every record of every section must lie within the message and its own
 * RDLENGTH, and nothing may follow the last one.
 * @throws RangeError on anything else
 */
export function decodeReply(message: Buffer): Reply {
  const head = questionOf(message);
  if (!head) throw new RangeError('no readable question');
  const flags = message.readUInt16BE(2);
  let rcode = flags & 0xf;
  const truncated = (flags & FLAG_TC) !== 0;
  const answers: ResourceRecord[] = [];
  const answerCount = message.readUInt16BE(6);
  const recordCount = answerCount + message.readUInt16BE(8) + message.readUInt16BE(10);
  let at = head.end;
  for (let i = 0; i < recordCount; i++) {
    // A truncated message may end early: what it holds is thrown away for the reply over TCP.
    if (truncated && at >= message.length) break;
    const isQuestionName = message.readUInt16BE(at) === QUESTION_NAME;
    const { name, end } = isQuestionName
      ? { name: head.question.name, end: at + 2 }
      : readName(message, at);
    const type = message.readUInt16BE(end);
    const ttl = message.readUInt32BE(end + 4);
    const length = message.readUInt16BE(end + 8);
    const start = end + 10;
    at = start + length;
    if (at > message.length) throw new RangeError(`a record at ${end} runs past the end`);
    if (type === TYPE_OPT) {
      rcode |= (ttl >>> 24) << 4;
    } else if (i < answerCount) {
      answers.push(
        recordOf(message, name, type, message.readUInt16BE(end + 2), ttl, start, length),
      );
    }
  }
  if (!truncated && at !== message.length) {
    throw new RangeError(`${message.length - at} bytes behind the last record`);
  }
  return { id: message.readUInt16BE(0), rcode, truncated, question: head.question, answers };
}

function recordOf(
  message: Buffer,
  name: string,
  type: number,
  recordClass: number,
  rawTtl: number,
  start: number,
  length: number,
): ResourceRecord {
  // RFC 2181 §8: a TTL with the top bit set counts as zero.
  const ttl = rawTtl > 0x7fffffff ? 0 : rawTtl;
  if (recordClass !== CLASS_IN) return { name, type, ttl };
  if (type === TYPE.CNAME) {
    const target = readName(message, start);
    if (target.end !== start + length)
      throw new RangeError(`a CNAME at ${start} does not fill its RDATA`);
    return { name, type, ttl, data: target.name };
  }
  if (type === TYPE.A) {
    if (length !== 4) throw new RangeError(`an A record of ${length} bytes at ${start}`);
    return { name, type, ttl, data: ipv4Text(message, start) };
  }
  if (type === TYPE.AAAA) {
    if (length !== 16) throw new RangeError(`an AAAA record of ${length} bytes at ${start}`);
    return { name, type, ttl, data: ipv6Text(message, start) };
  }
  return { name, type, ttl };
}

function ipv4Text(bytes: Buffer, start: number): string {
  return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
}

/** Canonical text (RFC 5952): the longest run of two or more zero groups becomes `::`. */
export function ipv6Text(bytes: Buffer, start: number): string {
  let longest = { from: -1, to: -1 };
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && bytes.readUInt16BE(start + to * 2) === 0) to++;
    if (to - from > Math.max(1, longest.to - longest.from)) longest = { from, to };
    if (to > from) from = to;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === longest.from) {
      text += '::';
      i = longest.to - 1;
      continue;
    }
    if (i > 0 && i !== longest.to) text += ':';
    text += bytes.readUInt16BE(start + i * 2).toString(16);
  }
  return text;
}
