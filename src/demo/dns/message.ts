/**
 * DNS messages of the embedded server: dns-packet parses queries, and this module writes replies.
 */
import { isIPv4 } from 'node:net';
import { decode, type Packet } from 'dns-packet';

/** Response codes by name (IANA, RFC 6895 section 2.3). */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  NOTAUTH: 9,
} as const;

export type Rcode = keyof typeof rcodes;

export type ResourceRecord =
  | { name: string; type: 'A' | 'AAAA' | 'CNAME'; ttl: number; data: string }
  | {
      name: string;
      type: 'RRSIG';
      ttl: number;
      data: { covers: 'A' | 'AAAA'; zone: string; endsAt: number };
    }
  | {
      name: string;
      type: 'SOA';
      ttl: number;
      data: { mname: string; rname: string; minimum: number };
    };

/** Why a server failed (RFC 8914). */
export interface ExtendedError {
  code: number;
  text: string;
}

/** The answer to a query, before it is encoded as a message. */
export interface Answer {
  rcode: Rcode;
  answers: readonly ResourceRecord[];
  authorities: readonly ResourceRecord[];
  /** Sent only in replies to queries with EDNS. */
  extendedError?: ExtendedError | undefined;
  /** Delay of the answer, in ms. Infinity: no reply. */
  delayMs: number;
}

/** One received query. */
export interface Query {
  id: number;
  opcode: number;
  recursionDesired: boolean;
  /** As received, with its upper and lower case. */
  name: string;
  type: string;
  /** UDP payload size of the OPT record (RFC 6891); absent without EDNS. */
  edns?: number;
  /** The DO flag: the client wants signatures (RFC 3225). */
  dnssec: boolean;
  /** The whole message. */
  bytes: Buffer;
  /** The bytes of the question section, to be echoed. */
  question: Buffer;
}

/** UDP limit without EDNS (RFC 1035 section 2.3.4). */
export const plainUdpLimit = 512;

const types = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, RRSIG: 46 } as const;
const headerLength = 12;
const maxLabel = 63;

/** Parses a query. Undefined if the message is no query, or has not exactly one question. */
export function readQuery(bytes: Buffer): Query | undefined {
  let packet: Packet;
  try {
    packet = decode(bytes);
  } catch {
    return undefined;
  }
  const [question] = packet.questions ?? [];
  if (packet.type !== 'query' || question === undefined || packet.questions?.length !== 1) {
    return undefined;
  }
  const opt = packet.additionals?.find((record) => record.type === 'OPT');
  return {
    id: packet.id ?? 0,
    opcode: (bytes.readUInt16BE(2) >> 11) & 0xf,
    recursionDesired: ((packet.flags ?? 0) & 0x0100) !== 0,
    name: question.name,
    type: question.type,
    ...(opt?.type === 'OPT' ? { edns: opt.udpPayloadSize } : {}),
    dnssec: opt?.type === 'OPT' && opt.flag_do,
    bytes,
    question: bytes.subarray(headerLength, questionEnd(bytes)),
  };
}

function questionEnd(bytes: Buffer): number {
  let at = headerLength;
  for (let length = bytes[at]; length !== undefined && length > 0; length = bytes[at]) {
    at += 1 + length;
  }
  return at + 1 + 4;
}

/**
 * Writes the reply like CoreDNS: AA set, EDNS echoed, names compressed (RFC 1035 section 4.1.4),
 * and above `limit` bytes cut to the records that fit, with TC (request.Scrub). Undefined if a name
 * cannot be encoded, because a label is over 63 bytes. CoreDNS then sends no reply.
 */
export function writeReply(query: Query, answer: Answer, limit: number): Buffer | undefined {
  const { authorities } = answer;
  const answers = answer.answers.filter(({ type }) => query.dnssec || type !== 'RRSIG');
  const names = [...answers, ...authorities].flatMap((record) => [
    record.name,
    ...(record.type === 'CNAME' ? [record.data] : []),
  ]);
  if (names.some((name) => labelsOf(name).some((label) => Buffer.byteLength(label) > maxLabel))) {
    return undefined;
  }
  const whole = writeMessage(query, answer, answers, authorities, false);
  if (whole.length <= limit) return whole;
  let kept = answers.length;
  let cut: Buffer;
  do {
    kept--;
    cut = writeMessage(query, answer, answers.slice(0, Math.max(kept, 0)), [], true);
  } while (cut.length > limit && kept > 0);
  return cut;
}

function writeMessage(
  query: Query,
  { rcode, extendedError }: Pick<Answer, 'rcode' | 'extendedError'>,
  answers: readonly ResourceRecord[],
  authorities: readonly ResourceRecord[],
  truncated: boolean,
): Buffer {
  const flags =
    0x8000 | // QR
    (query.opcode << 11) |
    0x0400 | // AA
    (truncated ? 0x0200 : 0) |
    (query.recursionDesired ? 0x0100 : 0) |
    0x0080 | // RA
    rcodes[rcode];
  const header = Buffer.alloc(headerLength);
  const counts = [1, answers.length, authorities.length, query.edns === undefined ? 0 : 1];
  for (const [i, value] of [query.id, flags, ...counts].entries()) {
    header.writeUInt16BE(value, i * 2);
  }
  const message = new MessageWriter();
  message.raw(header);
  message.remember(query.name);
  message.raw(query.question);
  for (const record of [...answers, ...authorities]) message.record(record);
  if (query.edns !== undefined) message.opt(query.edns, extendedError);
  return message.bytes();
}

/** Appends to one message and records the offset of each name, for compression pointers. */
class MessageWriter {
  #parts: Buffer[] = [];
  #length = 0;
  #offsets = new Map<string, number>();

  raw(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** Records that `name` is about to be written in full, so that later names can point to it. */
  remember(name: string): void {
    let at = this.#length;
    const labels = labelsOf(name);
    for (const [i, label] of labels.entries()) {
      const suffix = labels.slice(i).join('.');
      if (at < 0x4000 && !this.#offsets.has(suffix)) this.#offsets.set(suffix, at);
      at += 1 + Buffer.byteLength(label);
    }
  }

  name(name: string): void {
    const labels = labelsOf(name);
    const known = labels.findIndex((_, i) => this.#offsets.has(labels.slice(i).join('.')));
    const pointer = this.#offsets.get(labels.slice(known).join('.'));
    const own = known === -1 ? labels : labels.slice(0, known);
    const bytes = own.map((label) => {
      const text = Buffer.from(label);
      return Buffer.concat([Buffer.from([text.length]), text]);
    });
    const end = known === -1 || pointer === undefined ? Buffer.from([0]) : u16(0xc000 | pointer);
    if (own.length > 0) this.remember(name);
    this.raw(Buffer.concat([...bytes, end]));
  }

  record(record: ResourceRecord): void {
    this.name(record.name);
    this.raw(Buffer.concat([u16(types[record.type]), u16(1), u32(record.ttl)]));
    const length = Buffer.alloc(2);
    this.raw(length);
    const start = this.#length;
    if (record.type === 'SOA') {
      this.name(record.data.mname);
      this.name(record.data.rname);
      // Serial, refresh, retry, expire: CoreDNS's own values.
      for (const value of [1, 7200, 1800, 86400, record.data.minimum]) this.raw(u32(value));
    } else if (record.type === 'RRSIG') {
      this.signature(record.data, record.name, record.ttl);
    } else if (record.type === 'CNAME') {
      this.name(record.data);
    } else {
      this.raw(addressBytes(record.data));
    }
    length.writeUInt16BE(this.#length - start);
  }

  /**
   * RFC 4034 section 3.1. It is valid for two weeks. The signature bytes are all zeros, because no
   * one verifies them here.
   */
  signature(
    { covers, zone, endsAt }: { covers: 'A' | 'AAAA'; zone: string; endsAt: number },
    owner: string,
    ttl: number,
  ): void {
    const end = Math.floor(endsAt / 1_000);
    const algorithmAndLabels = Buffer.from([13, labelsOf(owner).length]);
    const times = [u32(ttl), u32(end), u32(end - 14 * 86_400)];
    this.raw(Buffer.concat([u16(types[covers]), algorithmAndLabels, ...times, u16(4711)]));
    // The signer's name is never compressed.
    for (const label of labelsOf(zone)) {
      const text = Buffer.from(label);
      this.raw(Buffer.concat([Buffer.from([text.length]), text]));
    }
    this.raw(Buffer.alloc(1 + 64));
  }

  opt(payloadSize: number, error?: ExtendedError): void {
    const text = Buffer.from(error?.text ?? '');
    const option = error ? [u16(15), u16(2 + text.length), u16(error.code), text] : [];
    const data = Buffer.concat(option);
    const head = [Buffer.from([0]), u16(41), u16(payloadSize), u32(0), u16(data.length)];
    this.raw(Buffer.concat([...head, data]));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

function labelsOf(name: string): string[] {
  return name.split('.').filter((label) => label !== '');
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return Buffer.concat(
    [...left, ...zeros, ...right].map((group) => u16(Number.parseInt(group, 16))),
  );
}
