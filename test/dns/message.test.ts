import packet from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeReply,
  encodeQuery,
  ipv6Text,
  isReplyTo,
  questionOf,
} from '../../src/dns/message.ts';
import { whyNotEncodable } from '../../src/dns/name.ts';
import { randomOf } from '../random.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));
const ttl = fc.integer({ min: 0, max: 0x7fffffff });
/** ID 7, a reply, one question, one answer, and what follows is up to the test. */
const header = Buffer.from('000780000001000100000000', 'hex');
const answer = fc.oneof(
  fc.record({ type: fc.constant('A' as const), name, ttl, data: fc.ipV4() }),
  fc.record({ type: fc.constant('CNAME' as const), name, ttl, data: name }),
  fc.record({ type: fc.constant('AAAA' as const), name, ttl, data: fc.constant('2001:db8::7') }),
);

describe('encodeQuery', () => {
  it('writes what dns-packet reads back', () => {
    fc.assert(
      fc.property(
        name,
        fc.constantFrom('A', 'AAAA', 'CNAME'),
        fc.boolean(),
        (qname, type, edns) => {
          const read = packet.decode(encodeQuery(4711, { name: qname, type }, edns));
          expect(read).toMatchObject({ id: 4711, type: 'query', flag_rd: true });
          expect(read.questions).toEqual([{ name: qname, type, class: 'IN' }]);
          expect(read.additionals?.map((record) => record.type)).toEqual(edns ? ['OPT'] : []);
        },
      ),
    );
  });

  it('refuses a name that would make a bad packet, with the name', () => {
    const long = `${'a'.repeat(64)}.example.com`;
    expect(() => encodeQuery(1, { name: long, type: 'A' }, false)).toThrow(
      `Cannot encode a DNS name: a label has 64 bytes, more than 63, got "${long}"`,
    );
    expect(whyNotEncodable('a..b')).toBe('a label is empty');
    expect(whyNotEncodable(Array(51).fill('abcd').join('.'))).toBe(
      'the name has 256 bytes, more than 255',
    );
    expect(whyNotEncodable(`${'a'.repeat(63)}.example.com`)).toBeUndefined();
  });
});

describe('decodeReply', () => {
  it('reads what dns-packet writes, compressed names included', () => {
    fc.assert(
      fc.property(name, fc.array(answer, { maxLength: 20 }), (qname, answers) => {
        const bytes = packet.encode({
          type: 'response',
          id: 7,
          questions: [{ name: qname, type: 'A', class: 'IN' }],
          answers,
        });
        const reply = decodeReply(bytes);
        expect(reply.question).toEqual({ name: qname, type: 1, class: 1 });
        expect(reply.answers.map(({ name, data }) => [name, data])).toEqual(
          answers.map(({ name, data }) => [name, data]),
        );
        expect(reply.answers.map((record) => record.ttl)).toEqual(
          answers.map((record) => record.ttl),
        );
      }),
    );
  });

  it('merges the extended rcode of OPT', () => {
    const bytes = packet.encode({
      type: 'response',
      id: 7,
      flags: 0,
      questions: [{ name: 'a.test', type: 'A' }],
      additionals: [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 1232,
          extendedRcode: 1,
          ednsVersion: 0,
          flags: 0,
          flag_do: false,
          options: [],
        },
      ],
    });
    expect(decodeReply(bytes).rcode).toBe(16);
  });

  const good = packet.encode({
    type: 'response',
    id: 7,
    questions: [{ name: 'svc.ns.svc.cluster.local', type: 'A' }],
    answers: [
      { type: 'CNAME', name: 'svc.ns.svc.cluster.local', ttl: 5, data: 'db.example.com' },
      { type: 'A', name: 'db.example.com', ttl: 5, data: '192.0.2.1' },
    ],
  });
  it.each([
    ['trailing bytes', Buffer.concat([good, Buffer.from([0])]), /1 bytes behind the last record/],
    ['RDATA cut off', good.subarray(0, -2), /runs past the end|out of range/],
    [
      'a count that is too high',
      withUint16(good, 6, 3),
      /past the end|out of range|outside buffer/,
    ],
    ['a count that is too low', withUint16(good, 6, 1), /bytes behind the last record/],
    [
      'an A record of 3 bytes',
      withByte(good.subarray(0, -1), good.length - 5, 3),
      /A record of 3 bytes/,
    ],
    [
      'a pointer to itself',
      Buffer.concat([header, Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
      /no readable question/,
    ],
    [
      'a label of 64 bytes',
      Buffer.concat([header, Buffer.from([0x40]), Buffer.alloc(80)]),
      /no readable question/,
    ],
    ['two questions', withUint16(good, 4, 2), /no readable question/],
  ])('refuses %s', (_what, bytes, why) => {
    expect(() => decodeReply(bytes)).toThrow(why);
  });

  it('takes a forward pointer for what it is, and never loops', () => {
    // The question's name points forward to a name that points back to it.
    const bytes = Buffer.concat([header, Buffer.from([0xc0, 18, 0, 1, 0, 1, 0xc0, 12])]);
    expect(questionOf(bytes)).toBeUndefined();
  });

  it('survives 100,000 mutated messages: a reply, or a RangeError, and nothing dns-packet would contradict', () => {
    const random = randomOf(20261122);
    let read = 0;
    let compared = 0;
    for (let i = 0; i < 100_000; i++) {
      const bytes = Buffer.from(good);
      const flips = 1 + Math.floor(random() * 4);
      for (let flip = 0; flip < flips; flip++)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const cut = random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      isReplyTo(cut, 7);
      let reply: ReturnType<typeof decodeReply>;
      try {
        reply = decodeReply(cut);
      } catch (error) {
        if (error instanceof RangeError) continue;
        throw error;
      }
      read++;
      const addresses = reply.answers
        .filter(({ type, data }) => type === 1 && data)
        .map(({ data }) => data);
      // dns-packet does not keep to RDLENGTH in what we pass over, and then reads on in the wrong place.
      if (reply.answers.some(({ data }) => data === undefined)) continue;
      let oracle: packet.Answer[];
      try {
        oracle = packet.decode(cut).answers ?? [];
      } catch {
        continue; // it reads the RDATA of types that we pass over
      }
      compared++;
      const theirs = oracle.flatMap((record) => (record.type === 'A' ? [record.data] : []));
      // A hundred thousand calls of expect would take longer than all the rest.
      if (String(addresses) !== String(theirs)) expect(addresses).toEqual(theirs);
    }
    // The mutations must reach both ends, or the test says nothing.
    expect(read).toBeGreaterThan(10_000);
    expect(read).toBeLessThan(90_000);
    expect(compared).toBeGreaterThan(10_000);
  });
});

describe('names out of hostile replies', () => {
  it('are lower-cased, and escaped beyond printable ASCII', () => {
    const bytes = Buffer.concat([header, Buffer.from([4, 0x41, 0x2e, 0x00, 0xff, 0, 0, 1, 0, 1])]);
    expect(questionOf(bytes)?.question.name).toBe('a\\046\\000\\255');
  });
});

describe('ipv6Text', () => {
  it.each([
    ['00000000000000000000000000000000', '::'],
    ['20010db8000000000000000000000001', '2001:db8::1'],
    ['20010db8000000010000000000000001', '2001:db8:0:1::1'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['00000000000000000000ffffc0000201', '::ffff:c000:201'],
    ['fe800000000000000000000000000000', 'fe80::'],
  ])('%s is %s', (hex, text) => {
    expect(ipv6Text(Buffer.from(hex, 'hex'), 0)).toBe(text);
  });
});

function withUint16(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(value, at);
  return copy;
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}
