/** The order of names as people expect it: `web-2` before `web-10`. */
export function compareNaturally(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const endA = endOfDigits(a, i);
    const endB = endOfDigits(b, j);
    const order =
      endA > i && endB > j
        ? compareNumbers(a.slice(i, endA), b.slice(j, endB))
        : a.charCodeAt(i) - b.charCodeAt(j);
    if (order !== 0) return order;
    i = Math.max(endA, i + 1);
    j = Math.max(endB, j + 1);
  }
  // Names that differ only in leading zeros.
  return a.length - i - (b.length - j) || (a < b ? -1 : Number(a > b));
}

function endOfDigits(text: string, from: number): number {
  let end = from;
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end;
}

/** Digits of any length: a name may have more of them than a number can hold. */
function compareNumbers(a: string, b: string): number {
  const [one, other] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return one.length - other.length || (one < other ? -1 : Number(one > other));
}
