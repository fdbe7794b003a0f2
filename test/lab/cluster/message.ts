import {
  type Answer,
  type DecodedPacket,
  decode,
  encode,
  type Packet,
  type Question,
} from 'dns-packet';
import type { Forgery } from './fault.ts';

/** The rcodes that a test can make a server answer, with their numbers on the wire. */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
} as const;

/** A DNS response code. */
export type Rcode = keyof typeof rcodes;

const copiedFlags = 0x0100; // RD
const flagTc = 0x0200;

/** The message, or `undefined` if it cannot be parsed. */
export function parse(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

/** A reply of `rcode` to `query` without records. */
export function emptyReply(query: Packet, rcode: Rcode): Buffer {
  return respond(query, { flags: rcodes[rcode] });
}

/** A reply with TC, so that the client uses TCP. */
export function truncatedReply(query: Packet): Buffer {
  return respond(query, { flags: flagTc });
}

/** The message, decoded, changed by a test and encoded again. */
export function rewritten(message: Buffer, change: (reply: DecodedPacket) => Packet): Buffer {
  const reply = parse(message);
  return reply === undefined ? message : encode(change(reply));
}

/** The message with its bytes after the ID changed by a test. */
export function mangled(message: Buffer, change: (bytes: Buffer) => Buffer): Buffer {
  return Buffer.concat([message.subarray(0, 2), change(message.subarray(2))]);
}

/**
 * The reply with the letters of every owner, and of CNAME targets, in changing case: DNS treats the
 * names as equal.
 */
export function mangledCase(reply: DecodedPacket): Packet {
  const answers = reply.answers?.map((record): Answer => {
    const name = inChangingCase(record.name);
    return record.type === 'CNAME'
      ? { ...record, name, data: inChangingCase(record.data) }
      : { ...record, name };
  });
  return { ...reply, answers };
}

function inChangingCase(name: string): string {
  return name.replace(/[a-z]/gi, (letter, at) =>
    at % 2 === 0 ? letter.toUpperCase() : letter.toLowerCase(),
  );
}

/** The data of a forged reply. */
export const forged = { A: '203.0.113.66', AAAA: '2001:db8:bad::66', CNAME: 'forged.invalid' };

/**
 * The answer of an attacker who knows the question and the client's port, except for the part in
 * `wrong`.
 */
export function forgedReply(query: Packet, wrong: Forgery): Buffer {
  const [question] = query.questions ?? [];
  const id = wrong === 'id' ? ((query.id ?? 0) + 1) % 65_536 : query.id;
  const name = question?.name ?? '.';
  const type = question?.type === 'AAAA' || question?.type === 'CNAME' ? question.type : 'A';
  const asked: Question = { name: `x.${name}`, type: question?.type ?? 'A' };
  return respond(
    { ...query, id, questions: wrong === 'question' ? [asked] : query.questions },
    { answers: [{ name, type, ttl: 300, data: forged[type] }] },
  );
}

/** Whether `name` is `zone` or below it, ignoring case. */
export function isWithin(name: string, zone: string): boolean {
  const [lower, suffix] = [name.toLowerCase(), zone.toLowerCase()];
  return lower === suffix || lower.endsWith(`.${suffix}`);
}

/** The only question of a message. */
export function questionOf(message: Packet | undefined): Question | undefined {
  return message?.questions?.[0];
}

function respond(query: Packet, reply: Packet): Buffer {
  const flags = ((query.flags ?? 0) & copiedFlags) | (reply.flags ?? 0);
  const { id, questions } = query;
  return encode({ type: 'response', id, questions, answers: reply.answers, flags });
}
