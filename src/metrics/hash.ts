/**
 * An order-insensitive 32-bit hash of a set of addresses: the sum of their FNV-1a hashes.
 * Equal sets have equal hashes over restarts and replicas, so that PromQL can see a change.
 */
export function setHash(addresses: readonly string[]): number {
  let sum = 0;
  for (const address of addresses) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < address.length; i++) {
      hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
    }
    sum = (sum + (hash >>> 0)) % 2 ** 32;
  }
  return sum;
}
