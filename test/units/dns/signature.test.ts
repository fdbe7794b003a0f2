import packet, { type Answer } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOf, firstToEnd } from '../../../src/dns/signature.ts';

const QUESTION = { name: 'www.example.com', type: 'A' } as const;
const DAY = 86_400;

function rrsig(name: string, typeCovered: string, expiration: number, signersName: string): Answer {
  const times = { expiration: expiration >>> 0, inception: 0, originalTTL: 60 };
  const signature = Buffer.alloc(64);
  const key = { algorithm: 13, labels: 3, keyTag: 1 };
  return {
    type: 'RRSIG',
    name,
    ttl: 60,
    data: { typeCovered, ...key, ...times, signersName, signature },
  };
}

function message(...answers: Answer[]): Buffer {
  const questions = [QUESTION];
  return packet.encode({ type: 'response', id: 1, flags: 0x0580, questions, answers });
}

describe('firstToEnd', () => {
  it('is that of the whole chain which ends first', () => {
    const signed = message(
      { type: 'CNAME', name: 'www.example.com', ttl: 60, data: 'cdn.example.net' },
      rrsig('www.example.com', 'CNAME', 2_000, 'example.com'),
      { type: 'A', name: 'cdn.example.net', ttl: 60, data: '192.0.2.1' },
      rrsig('cdn.example.net', 'A', 1_000, 'example.net'),
      rrsig('cdn.example.net', 'A', 3_000, 'example.net'),
    );
    expect(firstToEnd(signed)).toEqual({ zone: 'example.net', expiration: 1_000 });
  });

  it('is none where nothing is signed, or nothing can be read', () => {
    const plain = message({ type: 'A', name: 'www.example.com', ttl: 60, data: '192.0.2.1' });
    expect(firstToEnd(plain)).toBeUndefined();
    const signed = message(rrsig('www.example.com', 'A', 1_000, 'example.com'));
    const broken = Buffer.from(signed);
    // The length of its RDATA: only a part of it is left.
    const rdlength = signed.length - (18 + 13 + 64) - 2;
    expect(signed.readUInt16BE(rdlength)).toBe(18 + 13 + 64);
    broken.writeUInt16BE(10, rdlength);
    expect(firstToEnd(broken.subarray(0, rdlength + 12))).toBeUndefined();
  });

  it('compares over the wrap of 2106', () => {
    const signed = message(
      rrsig('www.example.com', 'A', 100, 'late.example'),
      rrsig('www.example.com', 'A', -100, 'early.example'),
    );
    expect(firstToEnd(signed)?.zone).toBe('early.example');
  });

  it('never throws, whatever the message is', () => {
    const signed = message(rrsig('www.example.com', 'A', 1_000, 'example.com'));
    fc.assert(
      fc.property(fc.nat(signed.length - 1), fc.nat(255), (at, byte) => {
        const hostile = Buffer.from(signed);
        if (at >= 12 + 17 + 4) hostile[at] = byte;
        firstToEnd(hostile);
      }),
    );
  });
});

describe('endOf', () => {
  it.each([
    [Date.UTC(2026, 0, 1), 3 * DAY],
    [Date.UTC(2026, 0, 1), -3 * DAY],
    [Date.UTC(2106, 1, 7), 3 * DAY],
    [Date.UTC(2106, 1, 7), -3 * DAY],
    [Date.UTC(2150, 0, 1), 30 * DAY],
  ])('at %d is the moment in %d seconds, also when 32 bits have run out', (ms, left) => {
    const now = ms / 1000;
    const expiration = (now + left) % 2 ** 32;
    expect(endOf({ zone: 'z', expiration }, now + 0.4)).toBe(now + left);
  });
});
