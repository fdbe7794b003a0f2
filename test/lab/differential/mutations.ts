import type { Random } from './random.ts';

const HEADER = 12;

/** A reply with one to three changes to its bytes. */
export function mutated(bytes: Buffer, random: Random): Buffer {
  let out: Buffer = bytes;
  for (let i = random.pick([1, 1, 1, 2, 3]); i > 0; i--) out = mutatedOnce(out, random);
  return out;
}

function mutatedOnce(bytes: Buffer, random: Random): Buffer {
  const out = Buffer.from(bytes);
  // Most results must still be accepted as replies, so the header and the question are seldom
  // changed.
  const questionEnd = Math.min(bytes.length, bytes.indexOf(0, HEADER) + 5);
  const start = random.chance(0.08) ? 0 : questionEnd;
  const at = start + random.below(Math.max(1, bytes.length - start));
  if (at >= bytes.length) return out;
  switch (
    random.weighted({ flip: 6, set: 3, truncate: 1, count: 1, remove: 1, insert: 1, pointer: 1 })
  ) {
    case 'flip':
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
      return out;
    case 'set':
      out[at] = random.pick([0, 1, 4, 5, 12, 28, 63, 64, 0xc0, 0xff]);
      return out;
    case 'truncate':
      return out.subarray(0, at);
    case 'count': {
      if (out.length < HEADER) return out;
      const field = random.pick([6, 6, 6, 8, 10, 4]);
      const count = out.readUInt16BE(field) + random.pick([-1, 1, 1, 2, 100]);
      out.writeUInt16BE(count & 0xffff, field);
      return out;
    }
    case 'remove':
      return Buffer.concat([out.subarray(0, at), out.subarray(at + 1)]);
    case 'insert':
      return Buffer.concat([out.subarray(0, at), random.bytes(1), out.subarray(at)]);
    case 'pointer':
      if (at + 1 < out.length) out.writeUInt16BE(0xc000 | random.below(bytes.length), at);
      return out;
  }
}
