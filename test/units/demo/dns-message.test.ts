import { decode, encode } from 'dns-packet';
import { expect, test } from 'vitest';
import {
  type Answer,
  type ResourceRecord,
  readQuery,
  writeReply,
} from '../../../src/demo/dns/message.ts';
import { encodeQuery } from '../../../src/dns/message.ts';
import { id, question, said } from './_dns-client.ts';

function answerOf(answers: ResourceRecord[], authorities: ResourceRecord[] = []): Answer {
  return { rcode: 'NOERROR', answers, authorities, delayMs: 0 };
}

function reply(query: Buffer, answer: Answer, limit = 512): Buffer {
  const read = readQuery(query);
  const bytes = read && writeReply(read, answer, limit);
  if (bytes === undefined) throw new Error('Cannot reply: not written');
  return bytes;
}

test('what is written is what dns-packet reads', () => {
  const records: ResourceRecord[] = [
    { name: 'Www.example.com', type: 'CNAME', ttl: 5, data: 'edge.example.net' },
    { name: 'edge.example.net', type: 'A', ttl: 6, data: '192.0.2.1' },
    { name: 'edge.example.net', type: 'AAAA', ttl: 7, data: '2001:db8::1' },
    { name: 'other.example.net', type: 'AAAA', ttl: 8, data: '::' },
    { name: 'other.example.net', type: 'AAAA', ttl: 8, data: '1:2:3:4:5:6:7:8' },
  ];
  const soa: ResourceRecord = {
    name: 'example.com',
    type: 'SOA',
    ttl: 30,
    data: { mname: 'ns.example.com', rname: 'hostmaster.example.com', minimum: 900 },
  };
  const packet = decode(reply(question('Www.example.com', 'A', 1232), answerOf(records, [soa])));
  expect(packet).toMatchObject({
    id,
    type: 'response',
    rcode: 'NOERROR',
    flag_aa: true,
    flag_tc: false,
  });
  expect(packet.questions).toMatchObject([{ name: 'Www.example.com', type: 'A' }]);
  expect(packet.answers?.map(({ name }) => name)).toEqual(records.map(({ name }) => name));
  expect(packet.answers?.map((one) => ('ttl' in one ? one.ttl : undefined))).toEqual([
    5, 6, 7, 8, 8,
  ]);
  expect(said(packet)).toEqual([
    'CNAME edge.example.net',
    'A 192.0.2.1',
    'AAAA 2001:db8::1',
    'AAAA ::',
    'AAAA 1:2:3:4:5:6:7:8',
  ]);
  expect(packet.authorities).toMatchObject([
    {
      type: 'SOA',
      data: { mname: 'ns.example.com', rname: 'hostmaster.example.com', minimum: 900 },
    },
  ]);
  expect(packet.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232 }]);
});

test('the reason of a failure is for those who ask with EDNS', () => {
  const failure = { ...answerOf([]), extendedError: { code: 9, text: 'no key' } };
  const additionals = (payload?: number) =>
    decode(reply(question('www.example.com', 'A', payload), failure)).additionals;
  expect(additionals(1232)).toMatchObject([
    { options: [{ code: 15, data: Buffer.from('\0\x09no key') }] },
  ]);
  expect(additionals()).toEqual([]);
});

test('names are compressed, also against names within answers', () => {
  const records: ResourceRecord[] = [
    { name: 'www.example.com', type: 'CNAME', ttl: 5, data: 'edge.example.net' },
    { name: 'edge.example.net', type: 'A', ttl: 5, data: '192.0.2.1' },
  ];
  const query = question('www.example.com');
  const [pointer, fixed, edge, address] = [2, 10, 18, 4];
  expect(reply(query, answerOf(records)).length).toBe(
    query.length + (pointer + fixed + edge) + (pointer + fixed + address),
  );
});

test('EDNS is echoed only to who sent it', () => {
  expect(decode(reply(question('a.test'), answerOf([]))).additionals).toEqual([]);
  expect(readQuery(question('a.test'))?.edns).toBeUndefined();
  expect(readQuery(question('a.test', 'A', 4096))?.edns).toBe(4096);
});

test('over the limit as many records as fit are sent, with TC', () => {
  const records = Array.from(
    { length: 60 },
    (_, i): ResourceRecord => ({ name: 'big.test', type: 'A', ttl: 5, data: `192.0.2.${i}` }),
  );
  const query = question('big.test');
  const packet = decode(reply(query, answerOf(records)));
  expect(packet).toMatchObject({ flag_tc: true });
  expect(packet.answers).toHaveLength(Math.floor((512 - query.length) / 16));
  expect(decode(reply(query, answerOf(records), 1232)).answers).toHaveLength(60);
});

test('a label over 63 bytes cannot be written', () => {
  const query = readQuery(question('long.test'));
  const record: ResourceRecord = {
    name: 'long.test',
    type: 'CNAME',
    ttl: 5,
    data: `${'a'.repeat(64)}.test`,
  };
  expect(query && writeReply(query, answerOf([record]), 512)).toBeUndefined();
});

test('garbage, replies and messages with two questions are no queries', () => {
  expect(readQuery(Buffer.from('hello'))).toBeUndefined();
  expect(
    readQuery(encode({ type: 'response', questions: [{ name: 'a.test', type: 'A' }] })),
  ).toBeUndefined();
  const two = encode({
    type: 'query',
    questions: [
      { name: 'a.test', type: 'A' },
      { name: 'b.test', type: 'A' },
    ],
  });
  expect(readQuery(two)).toBeUndefined();
});

test('signatures are for those who ask for them', () => {
  const name = 'www.example.com';
  const endsAt = Date.UTC(2026, 0, 1);
  const answers: ResourceRecord[] = [
    { name, type: 'A', ttl: 5, data: '192.0.2.1' },
    { name, type: 'RRSIG', ttl: 5, data: { covers: 'A', zone: 'example.com', endsAt } },
  ];
  const withDo = encodeQuery(id, { name, type: 'A' }, { payload: 1232, dnssec: true });
  expect(decode(reply(withDo, answerOf(answers))).answers).toMatchObject([
    { type: 'A' },
    {
      type: 'RRSIG',
      name,
      data: { typeCovered: 'A', expiration: endsAt / 1000, labels: 3, signersName: 'example.com' },
    },
  ]);
  for (const query of [question(name), question(name, 'A', 1232)])
    expect(decode(reply(query, answerOf(answers))).answers).toMatchObject([{ type: 'A' }]);
});
