/** Encodes DNS messages for tests, valid and invalid ones, without checks. */

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  DNAME: 39,
  OPT: 41,
  RRSIG: 46,
  ANY: 255,
} as const;

export const FLAG = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
} as const;

/** The labels of a name on the wire: a label may contain any byte. */
export type Name = readonly string[];

export interface WireRecord {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  /** A name may be compressed, bytes are not. */
  readonly data: Buffer | { readonly name: Name };
  /** RDLENGTH, if it differs from the length of the data. */
  readonly length?: number;
}

export interface WireMessage {
  readonly id: number;
  readonly flags: number;
  readonly question?: { readonly name: Name; readonly type: number };
  readonly answers: readonly WireRecord[];
  readonly authority?: readonly WireRecord[];
  readonly additional?: readonly WireRecord[];
  readonly trailing?: Buffer;
}

/** A name from its text, which has no escapes. */
export function nameOf(text: string): Name {
  return text === '' || text === '.' ? [] : text.replace(/\.$/, '').split('.');
}

/** `compresses` decides for each name whether it may point to an earlier one (RFC 1035 §4.1.4). */
export function encode(message: WireMessage, compresses: () => boolean = () => true): Buffer {
  const writer = new Writer(compresses);
  const { question, answers, authority = [], additional = [] } = message;
  writer.uint16(message.id);
  writer.uint16(message.flags);
  writer.uint16(question ? 1 : 0);
  for (const section of [answers, authority, additional]) writer.uint16(section.length);
  if (question) {
    writer.name(question.name);
    writer.uint16(question.type);
    writer.uint16(1);
  }
  for (const record of [...answers, ...authority, ...additional]) writer.record(record);
  if (message.trailing) writer.bytes(message.trailing);
  return writer.message();
}

class Writer {
  readonly #compresses: () => boolean;
  readonly #offsets = new Map<string, number>();
  #out = Buffer.alloc(2048);
  #at = 0;

  constructor(compresses: () => boolean) {
    this.#compresses = compresses;
  }

  message(): Buffer {
    return Buffer.from(this.#out.subarray(0, this.#at));
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#at = this.#out.writeUInt16BE(value & 0xffff, this.#at);
  }

  bytes(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#at += bytes.copy(this.#out, this.#at);
  }

  name(name: Name): void {
    const compresses = this.#compresses();
    for (let i = 0; i < name.length; i++) {
      const rest = name.slice(i).join('\n');
      const offset = this.#offsets.get(rest);
      if (compresses && offset !== undefined) {
        this.uint16(0xc000 | offset);
        return;
      }
      if (this.#at < 0x4000 && offset === undefined) this.#offsets.set(rest, this.#at);
      const label = Buffer.from(name[i] ?? '', 'latin1');
      this.bytes(Buffer.from([label.length]));
      this.bytes(label);
    }
    this.bytes(Buffer.from([0]));
  }

  record(record: WireRecord): void {
    this.name(record.owner);
    this.uint16(record.type);
    this.uint16(record.class);
    this.uint16(record.ttl >>> 16);
    this.uint16(record.ttl);
    const lengthAt = this.#at;
    this.uint16(0);
    if (Buffer.isBuffer(record.data)) this.bytes(record.data);
    else this.name(record.data.name);
    this.#out.writeUInt16BE(record.length ?? this.#at - lengthAt - 2, lengthAt);
  }

  #reserve(length: number): void {
    while (this.#at + length > this.#out.length) {
      this.#out = Buffer.concat([this.#out, Buffer.alloc(this.#out.length)]);
    }
  }
}
