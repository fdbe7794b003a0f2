import { type DecodedPacket, decode, encode, type Packet, type Question } from 'dns-packet';

/** The codes that a test asks a server to answer with, and their numbers on the wire. */
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

/** The message, or `undefined` where it cannot be parsed. */
export function parse(message: Buffer): DecodedPacket | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

/** A reply of `rcode` to `query` that carries no records. */
export function emptyReply(query: Packet, rcode: Rcode): Buffer {
  return respond(query, { flags: rcodes[rcode] });
}

/** A reply that tells the client to ask again by TCP. */
export function truncatedReply(query: Packet): Buffer {
  return respond(query, { flags: flagTc });
}

/** The message before a change by a test, changed and encoded again. */
export function rewritten(message: Buffer, change: (reply: DecodedPacket) => Packet): Buffer {
  const reply = parse(message);
  return reply === undefined ? message : encode(change(reply));
}

/** Whether `name` is `zone` or below it, in whatever case. */
export function isWithin(name: string, zone: string): boolean {
  const [lower, suffix] = [name.toLowerCase(), zone.toLowerCase()];
  return lower === suffix || lower.endsWith(`.${suffix}`);
}

/** The one question of a message. */
export function questionOf(message: Packet | undefined): Question | undefined {
  return message?.questions?.[0];
}

function respond(query: Packet, reply: Packet): Buffer {
  const flags = ((query.flags ?? 0) & copiedFlags) | (reply.flags ?? 0);
  return encode({ type: 'response', id: query.id, questions: query.questions, flags });
}
