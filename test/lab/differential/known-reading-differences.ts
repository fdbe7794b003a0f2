/** Every known difference between a real resolver and `readAs`, with its reason. */
import { ipv4Text, ipv6Text } from '../../../src/dns/address.ts';
import { inspect } from '../../../src/dns/inspect.ts';
import {
  decodeReply,
  encodeQuery,
  HEADER,
  type Reply,
  type ResourceRecord,
  readRecord,
  TYPE,
} from '../../../src/dns/message.ts';
import { readName } from '../../../src/dns/name.ts';
import type { AddressQuestion } from '../../../src/dns/readers.ts';
import { answerIn, type Query } from '../../../src/dns/reply.ts';
import { type Client, canonical } from './clients.ts';
import { readByOldCAres, readByOldMusl } from './old-readers.ts';
import { ADDRESS_TYPES, type AddressType, type ReadingCase } from './replies.ts';

/** The differences in the addresses of one family. */
export interface FamilyDifference {
  readonly client: Client;
  readonly case: ReadingCase;
  readonly type: AddressType;
  /** The addresses of the client. */
  readonly found: readonly string[];
  /** Addresses of `readAs` that the client does not have, and the reverse. */
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly error: string | undefined;
}

export interface KnownDifference {
  /** Matches the names of the affected clients. */
  readonly clients: RegExp;
  readonly reason: string;
  readonly explains: (difference: FamilyDifference) => boolean;
}

const GLIBC = /glibc/;
const MUSL = /musl/;
const GO = /Go$/;
const NODE = /Node/;
const OLD_C_ARES = /ares_getaddrinfo/;

/** IN, CH and HS. */
const CLASSES: readonly number[] = [1, 3, 4];
const ANY = 255;
/** c-ares parses the RDATA of these types in addition to A, AAAA and CNAME. */
const KNOWN_TYPES: readonly number[] = [2, 6, 12, 13, 15, 16, 24, 33, 35, 41, 52, 64, 65, 256, 257];

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    clients: /./,
    reason: 'a compression pointer leads to the ID, which is another in each query',
    explains: ({ case: one }) => ADDRESS_TYPES.some((type) => pointsToId(one.replies[type])),
  },
  {
    clients: /glibc|musl|Go$|ares_getaddrinfo/,
    reason: 'src/dns reads no compression pointer that leads forward (RFC 1035 §4.1.4 allows none)',
    explains: ({ case: one }) =>
      ADDRESS_TYPES.some((type) => /not point back/.test(inspect(one.replies[type]).fault ?? '')) ||
      hasFault(one, /not point back/),
  },
  {
    clients: /glibc|Go$|c-ares/,
    reason:
      'the bits of the header that make it a reply, or a query of another kind, do not matter',
    explains: ({ case: one, type, missing }) =>
      missing.length === 0 && ((one.replies[type][2] ?? 0) & 0xf8) !== 0x80,
  },
  {
    clients: GLIBC,
    reason: 'a message that is shorter than a header ends the lookup (res_send.c, send_dg)',
    explains: ({ case: one, found }) =>
      found.length === 0 && ADDRESS_TYPES.some((type) => one.replies[type].length < HEADER),
  },
  {
    clients: GLIBC,
    reason:
      'without a reply to A in time that has a question, AAAA does not count (res_send.c, send_dg)',
    explains: ({ case: one, type, found }) =>
      found.length === 0 &&
      type === 'AAAA' &&
      (!isReply(one, 'A') || one.replies.A.readUInt16BE(4) === 0),
  },
  {
    clients: GLIBC,
    reason:
      'an A reply that cannot be read hides the addresses of AAAA (dns-host.c, gaih_getanswer)',
    explains: ({ case: one, type, found }) =>
      found.length === 0 && type === 'AAAA' && isUnreadable(one, 'A'),
  },
  {
    clients: GLIBC,
    reason: 'addresses before a record that cannot be read count if the other reply has some',
    explains: ({ case: one, type, missing }) => missing.length === 0 && isUnreadable(one, type),
  },
  {
    clients: GLIBC,
    reason: 'the rcode of one reply does not matter if the other has records (res_query.c)',
    explains: ({ case: one, type, missing }) =>
      missing.length === 0 && (replyOf(one, type).rcode & 0xf) !== 0,
  },
  {
    clients: MUSL,
    reason: 'a failure of one question is that of the name (lookup_name.c, name_from_dns)',
    explains: ({ case: one, found }) =>
      found.length === 0 && ADDRESS_TYPES.some((type) => isFailure(one, type)),
  },
  {
    clients: MUSL,
    reason:
      'musl before 1.2.4 takes both families out of each reply, and has other limits; see old-readers.ts',
    explains: ({ case: one, type, found }) =>
      isSame(
        found,
        type,
        ADDRESS_TYPES.flatMap((asked) => readByOldMusl(one.replies[asked])),
      ),
  },
  {
    clients: MUSL,
    reason: 'musl before 1.2.4 reads on behind the end of the message',
    explains: ({ case: one, extra }) => extra.length > 0 && hasFault(one, /./),
  },
  {
    clients: GO,
    reason: 'takes both families out of each reply',
    explains: ({ case: one, type, missing, extra }) =>
      missing.length === 0 &&
      extra.every((address) => addressesIn(one, otherOf(type)).includes(address)),
  },
  {
    clients: GO,
    reason:
      'takes an extended rcode from version 0 of EDNS in the additional section only, and from a cut one',
    explains: ({ case: one, type, missing }) =>
      missing.length === 0 ? replyOf(one, type).rcode > 0xf : hasExtendedRcode(one.replies[type]),
  },
  {
    clients: OLD_C_ARES,
    reason:
      'c-ares before 1.21 reads as glibc does, but takes both families out of each reply; see old-readers.ts',
    explains: ({ case: one, type, found }) =>
      isSame(
        found,
        type,
        ADDRESS_TYPES.filter((asked) => isReply(one, asked)).flatMap((asked) =>
          readByOldCAres(nameOf(one), one.replies[asked]),
        ),
      ),
  },
  {
    clients: OLD_C_ARES,
    reason: 'c-ares before 1.21: a reply that cannot be read spoils the other one if it comes last',
    explains: ({ error }) => error === 'Misformatted DNS reply',
  },
  {
    clients: NODE,
    reason:
      'c-ares: an rcode above REFUSED counts as none, and OPT of any section extends it (ares_query.c)',
    explains: ({ case: one, type, missing, found }) =>
      missing.length === 0
        ? replyOf(one, type).rcode > 5
        : found.length === 0 &&
          recordsOf(one, type).some((opt) => isOpt(opt) && opt.ttl >>> 24 > 0),
  },
  {
    clients: NODE,
    reason: 'c-ares refuses a message with two OPT records',
    explains: ({ case: one, type, found, error }) =>
      isRefused(found, error) && recordsOf(one, type).filter(isOpt).length > 1,
  },
  {
    clients: NODE,
    reason:
      'c-ares refuses a message with a class that it does not know, or with a record of type ANY',
    explains: ({ case: one, type, found, error }) =>
      isRefused(found, error) &&
      recordsOf(one, type).some(
        (record) => !isOpt(record) && (!CLASSES.includes(record.class) || record.type === ANY),
      ),
  },
  {
    clients: NODE,
    reason: 'c-ares refuses a message where the RDATA of a known type cannot be read',
    explains: ({ case: one, type, found, error }) =>
      isRefused(found, error) &&
      recordsOf(one, type).some((record) => KNOWN_TYPES.includes(record.type)),
  },
  {
    clients: NODE,
    reason: 'c-ares refuses a message with a CNAME that is longer than its RDLENGTH',
    explains: ({ case: one, type, found, error }) =>
      isRefused(found, error) &&
      recordsOf(one, type).some(
        (record) =>
          record.type === TYPE.CNAME &&
          record.data !== undefined &&
          readName(one.replies[type], record.start).end > record.start + record.length,
      ),
  },
  {
    clients: NODE,
    reason: 'Node has replies written again, which fails where a name has bytes that are no text',
    explains: ({ found, error }) => found.length === 0 && /EFORMERR/.test(error ?? ''),
  },
];

function nameOf({ name }: ReadingCase): string {
  return name.slice(0, -1);
}

function questionOf(one: ReadingCase, type: AddressType): AddressQuestion {
  return { name: nameOf(one), type };
}

function replyOf(one: ReadingCase, type: AddressType): Reply {
  const message = one.replies[type];
  // A message that is too short for a header is padded.
  const whole = message.length < HEADER ? Buffer.concat([message, Buffer.alloc(HEADER)]) : message;
  return decodeReply(whole);
}

function otherOf(type: AddressType): AddressType {
  return type === 'A' ? 'AAAA' : 'A';
}

/** Whether this is a reply to the query. If not, clients of glibc wait for another one. */
function isReply(one: ReadingCase, type: AddressType): boolean {
  const question = questionOf(one, type);
  const bytes = encodeQuery(0, question, {});
  const query: Query = { question, bytes, edns: false, isEdnsOurs: false };
  return answerIn(one.replies[type], query, 'udp') !== undefined;
}

/** Whether musl treats it as an error, or ignores it. */
function isFailure(one: ReadingCase, type: AddressType): boolean {
  const message = one.replies[type];
  return message.length < 4 || replyOf(one, type).rcode !== 0 || !isReply(one, type);
}

function isUnreadable(one: ReadingCase, type: AddressType): boolean {
  const { fault, answers } = replyOf(one, type);
  const hasBadCname = answers.some((record) => record.type === TYPE.CNAME && !record.data);
  return fault?.inAnswer === true || hasBadCname;
}

function hasFault(one: ReadingCase, why: RegExp): boolean {
  return ADDRESS_TYPES.some((type) => why.test(replyOf(one, type).fault?.why ?? ''));
}

function isRefused(found: readonly string[], error: string | undefined): boolean {
  return found.length === 0 && /EBADRESP/.test(error ?? '');
}

function isOpt({ type }: ResourceRecord): boolean {
  return type === TYPE.OPT;
}

/** The records of all sections, as far as they can be parsed. */
function recordsOf(one: ReadingCase, type: AddressType): readonly ResourceRecord[] {
  const message = one.replies[type];
  const records: ResourceRecord[] = [];
  const { length } = encodeQuery(0, questionOf(one, type), {});
  try {
    for (let at = length; at < message.length; ) {
      const record = readRecord(message, at);
      records.push(record);
      at = record.start + record.length;
    }
  } catch {
    // The rest cannot be parsed.
  }
  return records;
}

/** Addresses of both families, of any name. */
function addressesIn(one: ReadingCase, type: AddressType): readonly string[] {
  const { answers, fault, message } = replyOf(one, type);
  const padded = Buffer.concat([message, Buffer.alloc(16)]);
  const records = fault?.inAnswer && fault.cut ? [...answers, fault.cut] : answers;
  return canonical(
    records.flatMap((record) => {
      if (record.type === TYPE.A) return [ipv4Text(padded, record.start)];
      return record.type === TYPE.AAAA ? [ipv6Text(padded, record.start)] : [];
    }),
  );
}

function isSame(found: readonly string[], type: AddressType, all: readonly string[]): boolean {
  const wanted = canonical(all).filter((address) => address.includes(':') === (type === 'AAAA'));
  return found.join() === wanted.join();
}

/** Whether there is an OPT record with an rcode, anywhere in the message. */
function hasExtendedRcode(message: Buffer): boolean {
  const at = message.lastIndexOf(Buffer.from([0, 0, TYPE.OPT]));
  return at !== -1 && (message[at + 5] ?? 0) !== 0;
}

function pointsToId(message: Buffer): boolean {
  for (let at = HEADER; at + 1 < message.length; at++) {
    if (message[at] === 0xc0 && (message[at + 1] ?? 0) < 2) return true;
  }
  return false;
}
