import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readName, whyNotEncodable, writeName } from '../../../src/dns/name.ts';

const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
/** Any name that there can be, on the wire; letters in lower case, since only their case is not kept. */
const wire = fc
  .array(label, { maxLength: 8 })
  .map((labels) =>
    Buffer.concat([
      ...labels.flatMap((bytes) => [Buffer.from([bytes.length]), lowerCase(bytes)]),
      Buffer.from([0]),
    ]),
  )
  .filter(({ length }) => length <= 255);

function lowerCase(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte)));
}

function written(name: string): Buffer {
  const out = Buffer.alloc(1024);
  return out.subarray(0, writeName(out, name, 0));
}

describe('names', () => {
  it('keep their wire form: any name that is read can be asked for, byte for byte', () => {
    fc.assert(
      fc.property(wire, (bytes) => {
        const { name, end } = readName(bytes, 0);
        expect(end).toBe(bytes.length);
        expect(name).toMatch(/^[!-~]+$/);
        expect(whyNotEncodable(name)).toBeUndefined();
        expect(written(name)).toEqual(bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['.', '00'],
    ['a.b', '0161016200'],
    ['a\\.b', '03612e6200'],
    ['a\\\\b', '03615c6200'],
    ['\\000\\255\\032', '0300ff2000'],
    ['\\065', '014100'],
    ['\\@', '014000'],
    ['ü', '02c3bc00'],
  ])('%s is %s on the wire', (name, hex) => {
    expect(written(name).toString('hex')).toBe(hex);
  });

  it.each([
    ['the root', '00', '.'],
    ['upper case', '01410142' + '00', 'a.b'],
    ['a dot within a label', '03412e00' + '00', 'a\\.\\000'],
    ['a backslash', '015c00', '\\\\'],
  ])('%s is read as text', (_what, hex, name) => {
    expect(readName(Buffer.from(hex, 'hex'), 0).name).toBe(name);
  });

  it.each([
    ['', 'the name is empty'],
    ['..', 'a label is empty'],
    ['a.', 'a label is empty'],
    ['a\\', 'a backslash does not begin an escape of one byte'],
    ['\\256', 'a backslash does not begin an escape of one byte'],
    ['\\25', 'a backslash does not begin an escape of one byte'],
    [`${'\\000'.repeat(64)}`, 'a label has 64 bytes, more than 63'],
  ])('%j cannot be encoded', (name, why) => {
    expect(whyNotEncodable(name)).toBe(why);
    expect(() => written(name)).toThrow(why);
  });

  it('is not led into a loop, nor past the end', () => {
    for (const hex of ['c000', '01616300c000', '0161c000', '3f61', 'c0', '4061', '80']) {
      expect(() => readName(Buffer.from(hex, 'hex'), 0)).toThrow(RangeError);
    }
  });

  it('follows as many pointers as a name has labels at most', () => {
    /** The root, and so many pointers, each to the one before. */
    const pointers = (count: number): Buffer => {
      const message = Buffer.alloc(1 + 2 * count);
      for (let i = 0; i < count; i++)
        message.writeUInt16BE(0xc000 | Math.max(0, 2 * i - 1), 1 + 2 * i);
      return message;
    };
    expect(readName(pointers(127), 1 + 2 * 126).name).toBe('.');
    expect(() => readName(pointers(128), 1 + 2 * 127)).toThrow('more than 127 pointers');
  });
});
