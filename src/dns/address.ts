/** The text of an A record's RDATA. */
export function ipv4Text(bytes: Buffer, start: number): string {
  return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
}

const IPV6_BYTES = 16;

/** The text of an AAAA record's RDATA, canonical (RFC 5952), as URLs have it (WHATWG URL, IPv6 serializer). */
export function ipv6Text(bytes: Buffer, start: number): string {
  const end = start + IPV6_BYTES;
  const zeros = longestZeros(bytes, start, end);
  let text = '';
  for (let at = start; at < end; at += 2) {
    if (at === zeros.from) {
      text += at === start ? '::' : ':';
      at = zeros.to - 2;
    } else {
      text += bytes.readUInt16BE(at).toString(16);
      if (at + 2 < end) text += ':';
    }
  }
  return text;
}

/** The first of the longest runs of groups that are zero; a single one is not shortened. */
function longestZeros(bytes: Buffer, start: number, end: number): { from: number; to: number } {
  let longest = { from: end, to: end + 2 };
  for (let at = start; at < end; at += 2) {
    const from = at;
    while (at < end && bytes[at] === 0 && bytes[at + 1] === 0) at += 2;
    if (at - from > longest.to - longest.from) longest = { from, to: at };
  }
  return longest;
}
