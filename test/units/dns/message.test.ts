import packet from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6Text } from '../../../src/dns/address.ts';
import { decodeReply, encodeQuery, isReplyTo, repeatsQuestion } from '../../../src/dns/message.ts';
import { whyNotEncodable } from '../../../src/dns/name.ts';
import { randomOf } from '../../fixtures/random.ts';
import { IS_THOROUGH } from '../../fixtures/thorough.ts';

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
        fc.constantFrom('A', 'AAAA', 'CNAME', 'NS'),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (qname, type, edns, ad, dnssec) => {
          const form = { ...(edns ? { payload: 1200 } : {}), ad, dnssec };
          const flags = dnssec ? packet.DNSSEC_OK : 0;
          const read = packet.decode(encodeQuery(4711, { name: qname, type }, form));
          expect(read).toMatchObject({ id: 4711, type: 'query', flag_rd: true, flag_ad: ad });
          expect(read.questions).toEqual([{ name: qname, type, class: 'IN' }]);
          expect(read.additionals).toMatchObject(
            edns ? [{ type: 'OPT', name: '.', udpPayloadSize: 1200, flags, options: [] }] : [],
          );
        },
      ),
    );
  });

  it('refuses a name that would make a bad packet, with the name', () => {
    const long = `${'a'.repeat(64)}.example.com`;
    expect(() => encodeQuery(1, { name: long, type: 'A' }, {})).toThrow(
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
        expect(reply.fault).toBeUndefined();
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

  const question = { name: 'svc.ns.svc.cluster.local', type: 'A' } as const;
  const good = packet.encode({
    type: 'response',
    id: 7,
    questions: [question],
    answers: [
      { type: 'CNAME', name: question.name, ttl: 5, data: 'db.example.com' },
      { type: 'A', name: 'db.example.com', ttl: 5, data: '192.0.2.1' },
    ],
    authorities: [{ type: 'NS', name: 'example.com', ttl: 5, data: 'ns.example.com' }],
  });
  const query = encodeQuery(7, question, {});

  it('passes over what follows the last record, as every resolver does', () => {
    const reply = decodeReply(Buffer.concat([good, Buffer.from([0])]));
    expect(reply.fault).toBeUndefined();
    expect(reply.answers.map(({ data }) => data)).toEqual(['db.example.com', '192.0.2.1']);
  });

  it.each([
    ['RDATA cut off', good.subarray(0, -2), 2, false],
    ['a count that is too high', withUint16(good, 8, 2), 2, false],
    ['an answer cut off', good.subarray(0, -50), 1, true],
  ])('keeps what it can read of a reply with %s', (_what, bytes, count, inAnswer) => {
    const { answers, fault } = decodeReply(bytes);
    expect([answers.length, fault?.inAnswer]).toEqual([count, inAnswer]);
    expect(fault?.why).toMatch(/past the end|out of range|outside buffer/);
  });

  it('has no data of an address with another length than it should have', () => {
    const odd = packet.encode({
      type: 'response',
      id: 7,
      questions: [question],
      answers: [{ type: 'NULL', name: question.name, ttl: 5, data: Buffer.from([1, 2, 3]) }],
    });
    odd.writeUInt16BE(1, odd.length - 13);
    const [record] = decodeReply(odd).answers;
    expect(record).toMatchObject({ type: 1, length: 3 });
    expect(record).not.toHaveProperty('data');
  });

  it('survives mutated messages: never throws, and says nothing that dns-packet would contradict', () => {
    const random = randomOf(20261122);
    const messages = IS_THOROUGH ? 100_000 : 20_000;
    let broken = 0;
    let compared = 0;
    for (let i = 0; i < messages; i++) {
      const bytes = Buffer.from(good);
      const flips = 1 + Math.floor(random() * 4);
      for (let flip = 0; flip < flips; flip++) {
        // Mostly behind the question: a reply to another one is not read.
        const from = random() < 0.1 ? 0 : query.length;
        bytes[from + Math.floor(random() * (bytes.length - from))] = Math.floor(random() * 256);
      }
      const cut = random() < 0.2 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes;
      if (!isReplyTo(cut, 7) || !repeatsQuestion(cut, query)) continue;
      const reply = decodeReply(cut);
      if (reply.fault) {
        broken++;
        continue;
      }
      // dns-packet does not keep to RDLENGTH in what we pass over, and then reads on in the wrong place.
      if (reply.answers.some(({ data }) => data === undefined)) continue;
      let oracle: packet.Answer[];
      try {
        oracle = packet.decode(cut).answers ?? [];
      } catch {
        continue; // it reads the RDATA of types that we pass over
      }
      compared++;
      const addresses = reply.answers.filter(({ type }) => type === 1).map(({ data }) => data);
      const theirs = oracle.flatMap((record) => (record.type === 'A' ? [record.data] : []));
      // So many calls of expect would take longer than all the rest.
      if (String(addresses) !== String(theirs)) expect(addresses).toEqual(theirs);
    }
    // The mutations must reach both ends, or the test says nothing.
    expect(broken).toBeGreaterThan(messages / 10);
    expect(compared).toBeGreaterThan(messages / 10);
  });
});

describe('repeatsQuestion', () => {
  const query = encodeQuery(7, { name: 'a.test', type: 'A' }, {});
  const reply = (question: string): Buffer => Buffer.concat([header, Buffer.from(question, 'hex')]);

  it.each([
    ['in another case', '0141045445535400' + '0001' + '0001', true],
    ['of another type', '0161047465737400' + '001c' + '0001', false],
    ['of another class', '0161047465737400' + '0001' + '0003', false],
    ['cut off', '01610474657374', false],
    ['of a pointer to itself', 'c00c00010001', false],
  ])('judges a question %s', (_what, hex, isSame) => {
    expect(repeatsQuestion(reply(hex), query)).toBe(isSame);
  });

  it('wants one question', () => {
    const two = withUint16(reply('0161047465737400' + '0001' + '0001'), 4, 2);
    expect(repeatsQuestion(two, query)).toBe(false);
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
