/** The text of an A record's RDATA. */
export function ipv4Text(bytes: Buffer, start: number): string {
  return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
}

/** The text of an AAAA record's RDATA, canonical (RFC 5952), as URLs have it (WHATWG URL, IPv6 serializer). */
export function ipv6Text(bytes: Buffer, start: number): string {
  const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((at) => bytes.readUInt16BE(start + at));
  const address = groups.map((group) => group.toString(16)).join(':');
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
