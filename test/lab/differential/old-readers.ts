/**
 * How older versions of two resolvers, which Debian 12 has, parse a reply: the addresses of both
 * families in it.
 */
import { ipv4Text, ipv6Text } from '../../../src/dns/address.ts';
import { CLASS_IN, decodeReply, HEADER, TYPE } from '../../../src/dns/message.ts';
import { canonical } from './clients.ts';

/**
 * c-ares 1.18, src/lib/ares__parse_into_addrinfo.c, until 1.21 of November 2023: an address counts
 * if it belongs to the target of the CNAME before it, and that target must be a host name.
 */
export function readByOldCAres(name: string, message: Buffer): readonly string[] {
  if (message.length < HEADER) return [];
  const rcode = (message[3] ?? 0) & 0xf;
  const { answers, fault } = decodeReply(message);
  if ((rcode >= 1 && rcode <= 5) || fault?.inAnswer) return [];
  const addresses: string[] = [];
  let expected = name;
  for (const { name: owner, type, class: recordClass, data } of answers) {
    if (recordClass !== CLASS_IN) continue;
    if (type === TYPE.CNAME) {
      if (data === undefined || !/^[\w./-]*$/.test(data)) return [];
      expected = data;
    } else if (
      (type === TYPE.A || type === TYPE.AAAA) &&
      owner === expected &&
      data !== undefined
    ) {
      addresses.push(data);
    }
  }
  return canonical(addresses);
}

/**
 * musl 1.2.3, src/network/dns_parse.c, until 1.2.4 of May 2023: at most 64 records, only pointers
 * to the first 511 bytes, and a length check that accepts a record that is ten bytes short.
 */
export function readByOldMusl(message: Buffer): readonly string[] {
  const end = message.length;
  const bytes = Buffer.concat([message, Buffer.alloc(70_000)]);
  if (end < HEADER || ((message[3] ?? 0) & 0xf) !== 0) return [];
  const questions = message.readUInt16BE(4);
  const records = message.readUInt16BE(6);
  if (questions + records > 64) return [];
  const addresses: string[] = [];
  let at = HEADER;
  for (let i = 0; i < questions + records; i++) {
    while (at < end && byteAt(bytes, at) > 0 && byteAt(bytes, at) < 128) at++;
    if (bytes.readUInt16BE(at) > 0xc1fe || at > end - 6) break;
    at += byteAt(bytes, at) === 0 ? 1 : 2;
    if (i < questions) {
      at += 4;
      continue;
    }
    const length = bytes.readUInt16BE(at + 8);
    if (at + length > end) break;
    const type = byteAt(bytes, at + 1);
    if (type === TYPE.A || type === TYPE.AAAA) {
      if (length !== (type === TYPE.A ? 4 : 16)) break;
      addresses.push(type === TYPE.A ? ipv4Text(bytes, at + 10) : ipv6Text(bytes, at + 10));
    }
    at += 10 + length;
  }
  return canonical(addresses);
}

function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}
