/** Properties of a target that its text alone shows. */
import ipaddr from 'ipaddr.js';
import { parse } from 'tldts';

/**
 * Names of the loopback addresses in the hosts files of Linux distributions. `localhost` and all
 * names below it mean the local machine everywhere (RFC 6761 §6.3).
 */
const LOOPBACK_NAMES: ReadonlySet<string> = new Set([
  'localhost',
  'localhost.localdomain',
  'localhost4',
  'localhost4.localdomain4',
  'localhost6',
  'localhost6.localdomain6',
  'ip6-localhost',
  'ip6-loopback',
  'ipv6-localhost',
  'ipv6-loopback',
]);

/** Whether a name means the machine that resolves it. */
export function isLoopbackName(name: string): boolean {
  return LOOPBACK_NAMES.has(name) || name.endsWith('.localhost');
}

/**
 * Whether a name is written as an address, by the rule of browsers: no top-level domain is a
 * number.
 */
export function isAddressLike(name: string): boolean {
  return /(?:^|\.)(?:\d+|0x[\da-f]*)$/.test(name);
}

/**
 * The address that `inet_aton`, and so many programs, parse from such a name: `127.1` is 127.0.0.1.
 */
export function looseAddressOf(name: string): string | undefined {
  return ipaddr.IPv4.isValid(name) ? ipaddr.IPv4.parse(name).toString() : undefined;
}

/** Whether a name lies in a top-level domain of the public DNS. */
export function isInPublicDns(name: string): boolean {
  return parse(name, { detectIp: false }).isIcann === true;
}

/** Whether a name is a registrable domain of the public DNS, such as `example.com`. */
export function isRegistrable(name: string): boolean {
  const { isIcann, domain } = parse(name, { detectIp: false });
  return isIcann === true && domain === name;
}
