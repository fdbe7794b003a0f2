/**
 * Hostile and broken replies: ready-made tampers for `DnsServer.tamper`, and the types to write
 * more.
 */
import { type Rcode, rcodes } from './message.ts';

export type Transport = 'udp' | 'tcp';

/** A query, and the reply that a correct server would send. */
export interface Exchange {
  query: Buffer;
  /** Empty if a correct server sends no reply. */
  reply: Buffer;
  transport: Transport;
}

/** The data that is sent instead of the correct reply. */
export interface Delivery {
  /** Complete messages, in order; over TCP each gets its length. Empty: no reply. */
  messages: readonly Buffer[];
  /** UDP: sent from another port than the queried one. */
  fromOtherPort?: boolean;
  /** TCP: raw bytes after the messages, without a length. */
  raw?: Buffer;
  /** TCP: how the connection ends after that. If absent, it stays open. */
  end?: 'close' | 'reset';
}

/** Returns the data to send. Undefined leaves the reply unchanged. */
export type Tamper = (exchange: Exchange) => Delivery | readonly Buffer[] | undefined;

/** The correct reply; empty if a correct server sends no reply. */
function honest({ reply }: Exchange): Buffer[] {
  return reply.length === 0 ? [] : [reply];
}

/** Changes a copy of the correct reply. */
function changed(change: (reply: Buffer) => Buffer): Tamper {
  return (exchange) => honest(exchange).map((reply) => change(Buffer.from(reply)));
}

/**
 * Sends the reply of `tamper`, then the correct reply, like a spoofer who is faster than the
 * server.
 */
export function thenHonest(tamper: Tamper): Tamper {
  return (exchange) => {
    const spoofed = tamper(exchange) ?? [];
    const messages = 'messages' in spoofed ? spoofed.messages : spoofed;
    return [...messages, ...honest(exchange)];
  };
}

/** No reply. */
export const drop: Tamper = () => [];

/** An empty reply with this rcode. */
export function withRcode(rcode: Rcode): Tamper {
  return ({ query }) => {
    const reply = emptyReply(query);
    reply.writeUInt16BE(reply.readUInt16BE(2) | rcodes[rcode], 2);
    return [reply];
  };
}

/**
 * FORMERR for queries with EDNS, like some old servers; other queries are unchanged (RFC 6891
 * section 7).
 */
export const formerrOnEdns: Tamper = (exchange) =>
  exchange.query.readUInt16BE(10) > 0 ? withRcode('FORMERR')(exchange) : undefined;

export const wrongId: Tamper = changed((reply) => {
  reply.writeUInt16BE(reply.readUInt16BE(0) ^ 0xffff, 0);
  return reply;
});

/** Changes the first letter of the question, so that the reply is for another query. */
export const wrongQuestion: Tamper = changed((reply) => {
  reply[13] = reply[13] === 0x7a ? 0x79 : 0x7a;
  return reply;
});

/** Sends the query back: QR is not set. */
export const echo: Tamper = ({ query }) => [query];

/** Opcode NOTIFY in the reply to a QUERY. */
export const wrongOpcode: Tamper = changed((reply) => {
  reply.writeUInt16BE((reply.readUInt16BE(2) & ~0x7800) | (4 << 11), 2);
  return reply;
});

/** UDP: the correct reply, but from another port. */
export const fromOtherPort: Tamper = (exchange) => ({
  messages: honest(exchange),
  fromOtherPort: true,
});

/** The last five bytes are missing. */
export const cutShort: Tamper = changed((reply) => reply.subarray(0, -5));

/** Four extra bytes. */
export const trailingBytes: Tamper = changed((reply) =>
  Buffer.concat([reply, Buffer.from('junk')]),
);

/** The header counts nine more answers than there are. */
export const wrongCounts: Tamper = changed((reply) => {
  reply.writeUInt16BE(reply.readUInt16BE(6) + 9, 6);
  return reply;
});

/** An answer with a compression pointer to itself as its owner name. */
export const compressionLoop: Tamper = ({ query }) => {
  const reply = emptyReply(query);
  reply.writeUInt16BE(1, 6);
  const self = Buffer.alloc(2);
  self.writeUInt16BE(0xc000 | reply.length);
  const rest = Buffer.from([0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1]);
  return [Buffer.concat([reply, self, rest])];
};

/** Over UDP an empty reply with TC, so that the client uses TCP; TCP is unchanged. */
export const truncated: Tamper = ({ query, transport }) => {
  if (transport === 'tcp') return undefined;
  const reply = emptyReply(query);
  reply.writeUInt16BE(reply.readUInt16BE(2) | 0x0200, 2);
  return [reply];
};

/**
 * TC over UDP, then a TCP reply of only `bytes` framed bytes (2: only the length), followed by
 * silence or the end.
 */
export function truncatedThenPartial(bytes: number, end?: 'close' | 'reset'): Tamper {
  return (exchange) => {
    if (exchange.transport === 'udp') return truncated(exchange);
    return {
      messages: [],
      raw: framed(exchange.reply).subarray(0, bytes),
      ...(end === undefined ? {} : { end }),
    };
  };
}

/** A message with the length prefix of TCP (RFC 1035 section 4.2.2). */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Header and question of the query, as a reply without records. */
function emptyReply(query: Buffer): Buffer {
  let end = 12;
  while (end < query.length && query[end] !== 0) end += 1 + (query[end] ?? 0);
  const reply = Buffer.from(query.subarray(0, end + 5));
  reply.writeUInt16BE((reply.readUInt16BE(2) & 0x7900) | 0x8480, 2);
  reply.fill(0, 6, 12);
  return reply;
}
