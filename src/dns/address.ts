/** The text of an A record's RDATA. */
export function ipv4Text(bytes: Buffer, start: number): string {
  return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
}

/** Canonical text (RFC 5952): the longest run of two or more zero groups becomes `::`. */
export function ipv6Text(bytes: Buffer, start: number): string {
  let longest = { from: -1, to: -1 };
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && bytes.readUInt16BE(start + to * 2) === 0) to++;
    if (to - from > Math.max(1, longest.to - longest.from)) longest = { from, to };
    if (to > from) from = to;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === longest.from) {
      text += '::';
      i = longest.to - 1;
      continue;
    }
    if (i > 0 && i !== longest.to) text += ':';
    text += bytes.readUInt16BE(start + i * 2).toString(16);
  }
  return text;
}
