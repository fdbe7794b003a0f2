import packet, { type Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../src/dns/answer.ts';
import { decodeReply } from '../../../src/dns/message.ts';
import { readAs } from '../../../src/dns/readers.ts';
import { READER_NAMES, type Reader } from '../../../src/model/reader.ts';

const question = { name: 'x.test', type: 'A' } as const;
const ADDRESS = '192.0.2.1';
const a = (name: string, data = ADDRESS): Answer => ({ type: 'A', name, ttl: 5, data });
const cname = (name: string, data: string): Answer => ({ type: 'CNAME', name, ttl: 5, data });
const other: Answer = { type: 'TXT', name: 'x.test', ttl: 5, data: 'text' };

function message(answers: readonly Answer[], flags = 0): Buffer {
  return packet.encode({
    type: 'response',
    id: 1,
    flags,
    questions: [question],
    answers: [...answers],
  });
}

/** Who gets an address. */
function got(bytes: Buffer): Reader[] {
  const reply = decodeReply(bytes);
  return READER_NAMES.filter((reader) => readAs(reader, question, reply).length > 0);
}

const ALL: Reader[] = ['glibc', 'musl', 'go', 'c-ares'];
const NOT_GLIBC: Reader[] = ['musl', 'go', 'c-ares'];

/** A reply whose last record is changed, from its type on: 0 is the type, 2 the class, 8 RDLENGTH. */
function withLast(answers: readonly Answer[], at: number, value: number): Buffer {
  const bytes = message(answers);
  const whole = answers.at(-1);
  const size = whole?.type === 'AAAA' ? 16 : 4;
  bytes.writeUInt16BE(value, bytes.length - size - 10 + at);
  return bytes;
}

function dotted(bytes: Buffer): Buffer {
  bytes[bytes.indexOf('#')] = '.'.charCodeAt(0);
  return bytes;
}

describe('readers', () => {
  // The rows of glibc and musl up to the unrelated name were seen by running both.
  it.each([
    ['CNAME, then its address', [cname('x.test', 't.test'), a('t.test')], ALL],
    ['address, then CNAME', [a('t.test'), cname('x.test', 't.test')], NOT_GLIBC],
    [
      'chain in reverse',
      [cname('b.test', 't.test'), cname('x.test', 'b.test'), a('t.test')],
      NOT_GLIBC,
    ],
    [
      'two CNAMEs, addresses of the first',
      [cname('x.test', 't.test'), cname('x.test', 'u.test'), a('t.test')],
      NOT_GLIBC,
    ],
    [
      'two CNAMEs, addresses of the second',
      [cname('x.test', 'u.test'), cname('x.test', 't.test'), a('t.test')],
      ALL,
    ],
    ['another type in between', [cname('x.test', 't.test'), other, a('t.test')], ALL],
    ['no CNAME', [a('x.test')], ALL],
    ['another case', [cname('X.Test', 'T.test'), a('t.TEST')], ALL],
    ['an address of another name', [cname('x.test', 't.test'), a('y.test')], NOT_GLIBC],
    ['a CNAME of another name before the address', [cname('y.test', 't.test'), a('t.test')], ALL],
    ['a CNAME only', [cname('x.test', 't.test')], []],
    ['nothing', [], []],
    ['addresses of the other type', [{ ...a('x.test'), type: 'AAAA', data: '::1' }], []],
  ] satisfies [string, Answer[], Reader[]][])('%s', (_what, answers, readers) => {
    expect(got(message(answers))).toEqual(readers);
  });

  it.each([
    ['another class', withLast([a('x.test')], 2, 3), ['glibc', 'musl', 'go']],
    ['a type whose lower byte is that of A', withLast([a('x.test')], 0, 257), ['musl']],
    ['RDATA that ends early', withLast([a('x.test'), a('x.test')], 8, 3), ['glibc', 'musl', 'go']],
    ['RDATA that runs past the end', withLast([a('x.test'), a('x.test')], 8, 5), ['musl', 'go']],
    ['RDATA of the only record that runs past the end', withLast([a('x.test')], 8, 5), ['go']],
    ['a class that does not exist', withLast([a('x.test')], 2, 99), ['glibc', 'musl', 'go']],
    ['a label that ends in a backslash', message([a('y\\.test')]), NOT_GLIBC],
    ['a label with a dot in it', dotted(message([a('y#.test')])), ['musl', 'c-ares']],
    ['an error with addresses', message([a('x.test')], 2), []],
  ] satisfies [string, Buffer, Reader[]][])('%s', (_what, bytes, readers) => {
    expect(got(bytes)).toEqual(readers);
  });

  it('takes 48 addresses in musl', () => {
    const many = Array.from({ length: 60 }, (_, i) => a('x.test', `192.0.2.${i}`));
    const reply = decodeReply(message(many));
    expect(READER_NAMES.map((reader) => readAs(reader, question, reply).length)).toEqual([
      60, 48, 60, 60,
    ]);
    expect(interpret(question, reply).addresses).toHaveLength(60);
  });

  it('gives no address to glibc for a name that is no host name', () => {
    const odd = { name: 'a*b.test', type: 'A' } as const;
    const bytes = packet.encode({
      type: 'response',
      id: 1,
      questions: [odd],
      answers: [a('a*b.test')],
    });
    expect(interpret(odd, decodeReply(bytes))).toMatchObject({
      outcome: 'ok',
      unreadBy: ['glibc'],
    });
  });

  it('reads an answer as each of them does', () => {
    const names = ['x.test', 't.test', 'u.test'];
    const records = [
      ...names.flatMap((name) => [a(name), a(name, '192.0.2.2')]),
      ...names.flatMap((name) => names.map((target) => cname(name, target))),
      other,
    ];
    for (const first of records) {
      for (const second of records) {
        for (const third of records) {
          const reply = decodeReply(message([first, second, third]));
          const all = READER_NAMES.map((reader) => readAs(reader, question, reply));
          const { addresses, unreadBy = [] } = interpret(question, reply);
          expect(new Set(addresses)).toEqual(new Set(all.flat()));
          const none = READER_NAMES.filter((_, i) => all[i]?.length === 0);
          expect(unreadBy).toEqual(addresses.length > 0 ? none : []);
        }
      }
    }
  });
});
