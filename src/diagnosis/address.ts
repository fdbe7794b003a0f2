/** Classification of IP addresses and of the networks that they belong to. */
import ipaddr from 'ipaddr.js';
import { memoized } from './memo.ts';

/**
 * `private`: RFC 1918, 6598 (carrier-grade NAT) and 4193 (unique local). `other`: addresses that no
 * target should have: multicast, broadcast, reserved, benchmarking.
 */
export type AddressKind =
  | 'public'
  | 'private'
  | 'loopback'
  | 'link_local'
  | 'metadata'
  | 'unspecified'
  | 'other';

/**
 * Metadata services: clouds serve credentials and settings on these addresses to any program in a
 * machine.
 */
const METADATA: ReadonlyMap<string, string> = new Map([
  ['169.254.169.254', 'AWS, Azure, Google Cloud, Oracle, DigitalOcean, OpenStack, Hetzner, IBM'],
  ['fd00:ec2::254', 'AWS: EC2 instance metadata over IPv6'],
  ['169.254.170.2', 'AWS: ECS task metadata and credentials'],
  ['169.254.170.23', 'AWS: EKS Pod Identity agent'],
  ['fd00:ec2::23', 'AWS: EKS Pod Identity agent over IPv6'],
  ['fd20:ce::254', 'Google Cloud: metadata server over IPv6'],
  [
    '169.254.169.252',
    'Google Cloud: GKE metadata server, to which requests of pods are redirected',
  ],
  ['168.63.129.16', 'Azure: WireServer'],
  ['100.100.100.200', 'Alibaba Cloud: ECS metadata'],
  ['fd00:100::100:200', 'Alibaba Cloud: ECS metadata over IPv6'],
  ['192.0.0.192', 'Oracle Cloud Classic: metadata'],
  ['fd00:c1::a9fe:a9fe', 'Oracle Cloud: metadata over IPv6, as in the OCI SDKs'],
  ['fe80::a9fe:a9fe', 'OpenStack: Nova metadata over IPv6'],
  ['fd00:a9fe:a9fe::1', 'Akamai (Linode): Metadata service over IPv6'],
  ['169.254.42.42', 'Scaleway: metadata'],
  ['fd00:42::42', 'Scaleway: metadata over IPv6'],
  ['169.254.0.23', 'Tencent Cloud: metadata.tencentyun.com'],
]);

/**
 * Kinds by the range names of ipaddr.js (IANA's special-purpose registries, RFC 6890). A range that
 * is missing here is `other`.
 */
const KINDS: Readonly<Record<string, AddressKind>> = {
  unicast: 'public',
  private: 'private',
  carrierGradeNat: 'private',
  uniqueLocal: 'private',
  loopback: 'loopback',
  linkLocal: 'link_local',
  unspecified: 'unspecified',
  // Transition and anycast ranges of the public internet.
  '6to4': 'public',
  teredo: 'public',
  as112: 'public',
  as112v6: 'public',
  amt: 'public',
};

/** RFC 5737, 3849 and 9637: documents and test networks use these in place of public addresses. */
const DOCUMENTATION = [
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '3fff::/20',
].map(parseCidr);

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network, as `parseCidr` returns it. */
export interface Cidr {
  /** The text that was parsed. */
  readonly text: string;
  readonly address: Address;
  readonly bits: number;
}

interface Classified {
  readonly kind: AddressKind;
  readonly network: string;
}

/** Each address is classified once, because the same addresses come back in each round. */
const classified = memoized(classify);

/**
 * The kind of an address. An IPv4 address inside an IPv6 address is classified as IPv4: a client
 * that gets `::ffff:127.0.0.1`, or `64:ff9b::a9fe:a9fe` behind NAT64 (RFC 6052), connects to the
 * IPv4 address.
 *
 * @param address in the form of DNS replies (RFC 5952 for IPv6); any other text is `other`
 */
export function addressKindOf(address: string): AddressKind {
  return classified(address).kind;
}

export function isPublic(address: string): boolean {
  return addressKindOf(address) === 'public';
}

/**
 * The network by which sites are distinguished. For public addresses it is the /16 or the /32, the
 * sizes that providers are assigned; for all others the /24 or the /64, the usual subnets.
 */
export function networkOf(address: string): string {
  return classified(address).network;
}

/**
 * Parses `192.0.2.0/24`, `2001:db8::/32`, or a single address.
 *
 * @throws RangeError with the invalid value
 */
export function parseCidr(text: string): Cidr {
  const [address = '', bits, more] = text.split('/');
  const parsed = parse(address);
  const most = parsed?.kind() === 'ipv4' ? 32 : 128;
  const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!parsed || more !== undefined || !(length <= most)) {
    throw new RangeError(`it must be a network such as 192.0.2.0/24, got ${JSON.stringify(text)}`);
  }
  return { text, address: parsed, bits: length };
}

/**
 * Whether an address lies in one of these networks, either as written or as the IPv4 address inside
 * it. An address never lies in a network of the other family.
 */
export function isWithinAny(address: string, cidrs: readonly Cidr[]): boolean {
  const parsed = parse(address);
  if (!parsed) return false;
  const inner = unwrapped(parsed);
  return cidrs.some((cidr) => lies(inner, cidr) || (inner !== parsed && lies(parsed, cidr)));
}

function classify(text: string): Classified {
  const parsed = parse(text);
  if (!parsed) return { kind: 'other', network: text };
  const address = unwrapped(parsed);
  const kind = kindOfParsed(address);
  const [wide, narrow] = address.kind() === 'ipv4' ? [16, 24] : [32, 64];
  const bits = kind === 'public' ? wide : narrow;
  const { IPv4, IPv6 } = ipaddr;
  const family = address.kind() === 'ipv4' ? IPv4 : IPv6;
  return { kind, network: `${family.networkAddressFromCIDR(`${address}/${bits}`)}/${bits}` };
}

function kindOfParsed(address: Address): AddressKind {
  if (METADATA.has(address.toString())) return 'metadata';
  if (DOCUMENTATION.some((cidr) => lies(address, cidr))) return 'public';
  return KINDS[address.range()] ?? 'other';
}

function lies(address: Address, cidr: Cidr): boolean {
  return address.kind() === cidr.address.kind() && address.match(cidr.address, cidr.bits);
}

/** RFC 4291 §2.5.5.2 and RFC 6052 §2.1. */
function unwrapped(address: Address): Address {
  if (address.kind() === 'ipv4') return address;
  const ipv6 = address as ipaddr.IPv6;
  if (ipv6.isIPv4MappedAddress()) return ipv6.toIPv4Address();
  if (ipv6.range() !== 'rfc6052') return ipv6;
  return new ipaddr.IPv4(ipv6.toByteArray().slice(12));
}

function parse(text: string): Address | undefined {
  // ipaddr.js also accepts 127.1 and 0x7f.0.0.1. DNS and policies do not.
  const isAddress = ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text);
  return isAddress ? ipaddr.parse(text) : undefined;
}
