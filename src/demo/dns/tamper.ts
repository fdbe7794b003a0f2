/** Hostile and broken replies: ready-made tampers for `DnsServer.tamper`, and the shape to write more. */
import { type Rcode, rcodes } from './message.ts';

export type Transport = 'udp' | 'tcp';

/** A query and the reply that an honest server would send to it. */
export interface Exchange {
  query: Buffer;
  /** Empty where honesty is silence. */
  reply: Buffer;
  transport: Transport;
}

/** What goes out instead of the honest reply. */
export interface Delivery {
  /** Whole messages, in order; over TCP each gets its length. None is silence. */
  messages: readonly Buffer[];
  /** UDP: sent from another port than the one asked. */
  fromOtherPort?: boolean;
  /** TCP: raw bytes after the messages, without a length of their own. */
  raw?: Buffer;
  /** TCP: how the connection ends after that. Otherwise it stays open. */
  end?: 'close' | 'reset';
}

/** Decides what is sent. Undefined leaves the reply as it is. */
export type Tamper = (exchange: Exchange) => Delivery | readonly Buffer[] | undefined;

/** The honest reply; none where honesty is silence. */
function honest({ reply }: Exchange): Buffer[] {
  return reply.length === 0 ? [] : [reply];
}

/** Changes a copy of the honest reply. */
function changed(change: (reply: Buffer) => Buffer): Tamper {
  return (exchange) => honest(exchange).map((reply) => change(Buffer.from(reply)));
}

/** Sends whatever `tamper` sends, then the honest reply: a spoofer who is faster than the server. */
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

/** FORMERR to queries with EDNS, as some old servers do; the others are left alone (RFC 6891 section 7). */
export const formerrOnEdns: Tamper = (exchange) =>
  exchange.query.readUInt16BE(10) > 0 ? withRcode('FORMERR')(exchange) : undefined;

export const wrongId: Tamper = changed((reply) => {
  reply.writeUInt16BE(reply.readUInt16BE(0) ^ 0xffff, 0);
  return reply;
});

/** The question's first letter changed, as if it were the reply to another query. */
export const wrongQuestion: Tamper = changed((reply) => {
  reply[13] = reply[13] === 0x7a ? 0x79 : 0x7a;
  return reply;
});

/** The query itself sent back: QR is not set. */
export const echo: Tamper = ({ query }) => [query];

/** Opcode NOTIFY in the reply to a QUERY. */
export const wrongOpcode: Tamper = changed((reply) => {
  reply.writeUInt16BE((reply.readUInt16BE(2) & ~0x7800) | (4 << 11), 2);
  return reply;
});

/** UDP: the honest reply, but from another port. */
export const fromOtherPort: Tamper = (exchange) => ({
  messages: honest(exchange),
  fromOtherPort: true,
});

/** The last five bytes are missing. */
export const cutShort: Tamper = changed((reply) => reply.subarray(0, -5));

/** Four bytes too many. */
export const trailingBytes: Tamper = changed((reply) =>
  Buffer.concat([reply, Buffer.from('junk')]),
);

/** The header promises nine answers more than there are. */
export const wrongCounts: Tamper = changed((reply) => {
  reply.writeUInt16BE(reply.readUInt16BE(6) + 9, 6);
  return reply;
});

/** An answer whose owner name is a pointer to itself. */
export const compressionLoop: Tamper = ({ query }) => {
  const reply = emptyReply(query);
  reply.writeUInt16BE(1, 6);
  const self = Buffer.alloc(2);
  self.writeUInt16BE(0xc000 | reply.length);
  const rest = Buffer.from([0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1]);
  return [Buffer.concat([reply, self, rest])];
};

/** Over UDP an empty reply with TC, so that TCP is asked; TCP is left alone. */
export const truncated: Tamper = ({ query, transport }) => {
  if (transport === 'tcp') return undefined;
  const reply = emptyReply(query);
  reply.writeUInt16BE(reply.readUInt16BE(2) | 0x0200, 2);
  return [reply];
};

/** TC over UDP, then TCP that sends `bytes` of the framed reply (2: only the length) and goes silent or ends. */
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

/** A message with the length that TCP puts before it (RFC 1035 section 4.2.2). */
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
