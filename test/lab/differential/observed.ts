/**
 * Answers to A and AAAA of one name, and the resolvers that return addresses for them, as observed
 * in real runs. Every run of the differential test plays these as well, and
 * test/units/lab/observed.test.ts compares `readAs` with them.
 */
import type { Reader } from '../../../src/model/reader.ts';
import { ADDRESS_TYPES, type AddressType, type ReadingCase } from './replies.ts';
import { encode, FLAG, type Name, nameOf, TYPE, type WireRecord } from './wire.ts';

export interface Observed {
  readonly title: string;
  readonly readBy: readonly Reader[];
  readonly case: ReadingCase;
}

const ALL: readonly Reader[] = ['glibc', 'musl', 'go', 'c-ares'];
const ANY_ORDER = ALL.filter((reader) => reader !== 'glibc');
/** Targets of the chain. */
const [T, U, V] = [nameOf('t.other.test'), nameOf('u.other.test'), nameOf('v.other.test')];

type Answers = (x: Name, type: AddressType) => readonly WireRecord[];

const ROWS: readonly (readonly [title: string, readBy: readonly Reader[], answers: Answers])[] = [
  ['CNAME x→t, then addresses of t', ALL, (x, type) => [cname(x, T), address(T, type)]],
  ['addresses of t, then CNAME x→t', ANY_ORDER, (x, type) => [address(T, type), cname(x, T)]],
  [
    'CNAME t→u, CNAME x→t, addresses of u',
    ANY_ORDER,
    (x, type) => [cname(T, U), cname(x, T), address(U, type)],
  ],
  [
    'CNAME x→t, CNAME x→u, addresses of t',
    ANY_ORDER,
    (x, type) => [cname(x, T), cname(x, U), address(T, type)],
  ],
  [
    'CNAME x→u, CNAME x→t, addresses of t',
    ALL,
    (x, type) => [cname(x, U), cname(x, T), address(T, type)],
  ],
  [
    'CNAME x→t, DNAME, CNAME t→v, addresses of v',
    ALL,
    (x, type) => [cname(x, T), dname(T.slice(1)), cname(T, V), address(V, type)],
  ],
  ['addresses of x', ALL, (x, type) => [address(x, type)]],
  ['owner names in another case', ALL, (x, type) => [cname(upper(x), T), address(upper(T), type)]],
  [
    'CNAME x→t, address of an unrelated name',
    ANY_ORDER,
    (x, type) => [cname(x, T), address(V, type)],
  ],
  ['CNAME x→t without addresses', [], (x) => [cname(x, T)]],
  ['no records', [], () => []],
];

export const OBSERVED: readonly Observed[] = ROWS.map(([title, readBy, answers], i) => {
  const name = nameOf(`observed${i}.case.test`);
  const replyOf = (type: AddressType): Buffer =>
    encode({
      id: 0,
      flags: FLAG.QR | FLAG.RD | FLAG.RA,
      question: { name, type: TYPE[type] },
      answers: answers(name, type),
    });
  const replies = { A: replyOf('A'), AAAA: replyOf('AAAA') };
  return {
    title,
    readBy,
    case: { name: `${name.join('.')}.`, replies, generated: ADDRESS_TYPES },
  };
});

function cname(owner: Name, target: Name): WireRecord {
  return { owner, type: TYPE.CNAME, class: 1, ttl: 5, data: { name: target } };
}

function dname(owner: Name): WireRecord {
  return { owner, type: TYPE.DNAME, class: 1, ttl: 5, data: { name: nameOf('moved.test') } };
}

function address(owner: Name, type: AddressType): WireRecord {
  const v6 = Buffer.from([0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 7]);
  const data = type === 'A' ? Buffer.from([198, 51, 100, 7]) : v6;
  return { owner, type: TYPE[type], class: 1, ttl: 5, data };
}

function upper(name: Name): Name {
  return name.map((label) => label.toUpperCase());
}
