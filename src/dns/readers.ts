import type { Reader } from '../model/reader.ts';
import type { AddressType } from '../model/round.ts';
import { ipv4Text, ipv6Text } from './address.ts';
import { CLASS_IN, HEADER, type Question, type Reply, TYPE } from './message.ts';

/** A question for addresses. */
export type AddressQuestion = Question & { readonly type: AddressType };

type Read = (question: AddressQuestion, reply: Reply) => readonly string[];

const SIZE: Readonly<Record<AddressType, number>> = { A: 4, AAAA: 16 };
const FAMILY: Readonly<Record<number, AddressType>> = { [TYPE.A]: 'A', [TYPE.AAAA]: 'AAAA' };
/** Types that c-ares knows, of which it looks at the class, and those classes (src/lib/record/ares_dns_mapping.c). */
const ARES_TYPES = new Set([
  1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 35, 43, 44, 47, 48, 50, 51, 52, 64, 65, 256, 257,
]);
const ARES_CLASSES = new Set([1, 3, 4, 254]);
/** Names that glibc takes for host names (resolv/res-name-checking.c, `__res_binary_hnok`). */
const HOST_NAME = /^(?!-)[\w-]+(?:\.[\w-]+)*$/;
/** Buffers of musl (src/network/lookup.h, lookup_name.c). */
const MUSL_ADDRESSES = 48;
const MUSL_BYTES = 4800;

const READ: Readonly<Record<Reader, Read>> = { glibc, musl, go, 'c-ares': cAres };

/** The addresses of the asked type that `reader` gives to a program for this reply. */
export function readAs(reader: Reader, question: AddressQuestion, reply: Reply): readonly string[] {
  return READ[reader](question, reply);
}

/**
 * resolv/nss_dns/dns-host.c, `gaih_getanswer_slice`, of 2.36 to 2.43: any CNAME, whoever owns it, sets the name that
 * addresses must have from there on. The class is not looked at. One record that cannot be read spoils the whole.
 */
function glibc(question: AddressQuestion, reply: Reply): readonly string[] {
  if ((reply.rcode & 0xf) !== 0 || reply.fault?.inAnswer || !HOST_NAME.test(question.name))
    return [];
  const addresses: string[] = [];
  let expected = question.name;
  for (const { name, type, data } of reply.answers) {
    if (type === TYPE.CNAME) {
      if (data === undefined) return [];
      expected = data;
    } else if (type === TYPE[question.type] && name === expected && data !== undefined) {
      addresses.push(data);
    }
  }
  return addresses;
}

/**
 * src/network/dns_parse.c and lookup_name.c: names are passed over without reading them, of the type only the lower
 * byte counts, what came before a fault is kept.
 */
function musl(question: AddressQuestion, { message, rcode }: Reply): readonly string[] {
  const addresses: string[] = [];
  if ((rcode & 0xf) !== 0) return addresses;
  const end = Math.min(message.length, MUSL_BYTES);
  const pastName = (from: number): number => {
    let at = from;
    for (let byte = message[at] ?? 0; at < end && byte > 0 && byte < 128; byte = message[at] ?? 0)
      at++;
    return at;
  };
  let at = pastName(HEADER);
  if (at > end - 6) return addresses;
  at += message[at] === 0 ? 5 : 6;
  for (let left = message.readUInt16BE(6); left > 0; left--) {
    at = pastName(at);
    if (at > end - 12) break;
    at += message[at] === 0 ? 1 : 2;
    const length = message.readUInt16BE(at + 8);
    const start = at + 10;
    if (start + length > end) break;
    if (message[at + 1] === TYPE[question.type]) {
      if (addresses.length === MUSL_ADDRESSES || length !== SIZE[question.type]) break;
      addresses.push(addressText(question.type, message, start));
    }
    at = start + length;
  }
  return addresses;
}

/**
 * net/dnsclient_unix.go, `goLookupIPCNAMEOrder`: from the first record of the asked type on, all addresses until
 * something cannot be read. RDLENGTH says where the next record begins, not how long an address is.
 */
function go(
  question: AddressQuestion,
  { message, rcode, answers, fault }: Reply,
): readonly string[] {
  const addresses: string[] = [];
  if (rcode !== 0) return addresses;
  let isFound = false;
  for (const { name, type, start, data } of fault?.inAnswer && fault.cut
    ? [...answers, fault.cut]
    : answers) {
    if (hasDotInLabel(name)) break;
    isFound ||= type === TYPE[question.type];
    if (!isFound) continue;
    if (type === TYPE.CNAME && (data === undefined || hasDotInLabel(data))) break;
    const family = FAMILY[type];
    if (!family) continue;
    if (start + SIZE[family] > message.length) break;
    if (family === question.type) addresses.push(data ?? addressText(family, message, start));
  }
  return addresses;
}

/**
 * src/lib/ares_parse_into_addrinfo.c: every address of class IN. src/lib/record/ares_dns_parse.c: all of the message
 * must be readable, with a class that c-ares knows, and RDATA may be longer than an address, not shorter.
 */
function cAres(question: AddressQuestion, reply: Reply): readonly string[] {
  const addresses: string[] = [];
  if (reply.rcode !== 0 || reply.fault) return addresses;
  for (const { type, class: recordClass, start, length, data } of reply.answers) {
    if (ARES_TYPES.has(type) && !ARES_CLASSES.has(recordClass)) return [];
    if (type === TYPE.CNAME && data === undefined) return [];
    const family = FAMILY[type];
    if (!family) continue;
    if (length < SIZE[family]) return [];
    if (family === question.type && recordClass === CLASS_IN)
      addresses.push(data ?? addressText(family, reply.message, start));
  }
  return addresses;
}

function addressText(type: AddressType, message: Buffer, start: number): string {
  return type === 'A' ? ipv4Text(message, start) : ipv6Text(message, start);
}

/** Names that Go does not read (golang.org/issue/56246). */
function hasDotInLabel(name: string): boolean {
  return name.includes('\\.') && /^(?:[^\\]|\\[^.])*\\\./.test(name);
}
