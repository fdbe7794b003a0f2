import { mutated } from './mutations.ts';
import { Random, seedOf } from './random.ts';
import {
  encode,
  FLAG,
  type Name,
  nameOf,
  TYPE,
  type WireMessage,
  type WireRecord,
} from './wire.ts';

export const ADDRESS_TYPES = ['A', 'AAAA'] as const;
export type AddressType = (typeof ADDRESS_TYPES)[number];

/** The answers of a server to both queries for one name. */
export interface ReadingCase {
  /** Absolute, with its last dot. */
  readonly name: string;
  /** The bytes, with 0 as the ID unless a mutation changed that. */
  readonly replies: Readonly<Record<AddressType, Buffer>>;
  /** The types with a generated reply; the other reply is a plain NODATA. */
  readonly generated: readonly AddressType[];
}

/** Without EDNS a datagram is no longer than this (RFC 1035 §4.2.1). */
const MOST_BYTES = 512;

/** A case of replies from a grammar of valid and invalid ones, some of them mutated. */
export function readingCase(seed: number, index: number): ReadingCase {
  const random = new Random(seedOf(seed, index));
  const name = nameOf(`r${index}.case.test`);
  const generated: readonly AddressType[] = random.chance(0.75)
    ? ADDRESS_TYPES
    : [random.pick(ADDRESS_TYPES)];
  const replyOf = (type: AddressType): Buffer =>
    generated.includes(type) ? generatedReply(name, type, random) : emptyReply(name, type);
  return {
    name: `${name.join('.')}.`,
    replies: { A: replyOf('A'), AAAA: replyOf('AAAA') },
    generated,
  };
}

function emptyReply(name: Name, type: AddressType): Buffer {
  const flags = FLAG.QR | FLAG.RD | FLAG.RA;
  return encode({ id: 0, flags, question: { name, type: TYPE[type] }, answers: [] });
}

function generatedReply(name: Name, type: AddressType, random: Random): Buffer {
  const message = grammaticalMessage(name, type, random);
  const probability = random.pick([0, 0.5, 1]);
  let bytes = encode(message, () => random.chance(probability));
  // Like servers for clients without EDNS. Otherwise the comparison would only test the size of a
  // client's buffer.
  for (let kept = message.answers.length - 1; bytes.length > MOST_BYTES; kept--) {
    bytes = encode({ ...message, answers: message.answers.slice(0, kept) });
  }
  return random.chance(0.4) ? mutated(bytes, random).subarray(0, MOST_BYTES) : bytes;
}

function grammaticalMessage(name: Name, type: AddressType, random: Random): WireMessage {
  let answers = plainAnswers(name, type, random);
  for (let i = random.pick([0, 1, 1, 1, 2, 3]); i > 0; i--) {
    answers = CHANGES[random.weighted(CHANGE_WEIGHTS)](answers, { name, type, random });
  }
  const rcode = random.chance(0.06) ? random.pick([1, 2, 3, 3, 4, 5, 6, 9, 15]) : 0;
  const flags = random.chance(0.9)
    ? FLAG.QR | FLAG.RD | FLAG.RA
    : FLAG.QR | random.pick([0, FLAG.RD]) | random.pick([0, FLAG.AA]) | random.pick([0, FLAG.AD]);
  return {
    id: 0,
    flags: flags | rcode,
    question: { name, type: TYPE[type] },
    answers,
    ...(random.chance(0.1) ? { authority: authorityOf(name, random) } : {}),
    ...(random.chance(0.15) ? { additional: additionalOf(name, type, random) } : {}),
    ...(random.chance(0.05) ? { trailing: random.bytes(1 + random.below(20)) } : {}),
  };
}

/** A chain of CNAMEs in order, then the addresses of its last name. */
function plainAnswers(name: Name, type: AddressType, random: Random): WireRecord[] {
  const length = random.chance(0.01) ? 4 + random.below(14) : random.pick([0, 0, 1, 1, 1, 2, 2, 3]);
  const chain: WireRecord[] = [];
  let last = name;
  for (let i = 0; i < length; i++) {
    const next = targetName(i, name, random);
    chain.push(cname(last, next, random));
    last = next;
  }
  const count = random.pick([0, 1, 1, 1, 2, 3, 5]);
  return [...chain, ...Array.from({ length: count }, () => address(last, type, random))];
}

function targetName(step: number, name: Name, random: Random): Name {
  const usual: Name = random.chance(0.5) ? [`t${step}`, 'other', 'test'] : [`t${step}`, ...name];
  return random.chance(0.05) ? oddName(usual, random) : usual;
}

/** Names that are valid on the wire, but are no host names, or are at a limit. */
function oddName(usual: Name, random: Random): Name {
  const label = random.pick([
    'under_score',
    '-leading',
    'trailing-',
    'a.dot',
    'back\\slash',
    'spa ce',
    'quo"te',
    '\0',
    '\xff\xfe',
    'UPPER',
    '*',
    'at@sign',
    'x'.repeat(63),
    '1',
  ]);
  return random.pick<Name>([
    [label, ...usual],
    [label, ...usual],
    [...usual, label],
    [],
    [label],
    ['y'.repeat(61), 'y'.repeat(61), 'y'.repeat(61), 'y'.repeat(60)],
  ]);
}

function cname(owner: Name, target: Name, random: Random): WireRecord {
  return { owner, type: TYPE.CNAME, class: 1, ttl: ttlOf(random), data: { name: target } };
}

/** In a documentation network, so that no client sends packets there. */
function address(owner: Name, type: AddressType, random: Random): WireRecord {
  const data =
    type === 'A'
      ? Buffer.from([198, 51, 100, random.below(256)])
      : Buffer.from([0x20, 1, 0xd, 0xb8, ...random.bytes(11), 1 + random.below(255)]);
  return { owner, type: TYPE[type], class: 1, ttl: ttlOf(random), data };
}

function ttlOf(random: Random): number {
  return random.chance(0.05) ? random.pick([0, 0x7fffffff, 0x80000000, 0xffffffff]) : 30;
}

interface Around {
  readonly name: Name;
  readonly type: AddressType;
  readonly random: Random;
}

type Change = (answers: readonly WireRecord[], around: Around) => WireRecord[];

const CHANGE_WEIGHTS = {
  reverse: 3,
  shuffle: 5,
  addressesFirst: 4,
  duplicate: 3,
  secondCname: 5,
  loop: 2,
  selfCname: 2,
  strayCname: 3,
  dname: 2,
  unrelated: 3,
  unrelatedAddress: 4,
  otherType: 3,
  otherClass: 3,
  signatures: 3,
  wrongLength: 3,
  otherCase: 3,
  drop: 3,
  addressOfAlias: 3,
  rootOwner: 1,
};
type ChangeName = keyof typeof CHANGE_WEIGHTS;

const CHANGES: Readonly<Record<ChangeName, Change>> = {
  reverse: (answers) => answers.toReversed(),
  shuffle: (answers, { random }) => random.shuffled(answers),
  addressesFirst: (answers) => [
    ...answers.filter(({ type }) => type !== TYPE.CNAME),
    ...answers.filter(({ type }) => type === TYPE.CNAME),
  ],
  duplicate: (answers, { random }) => {
    const one = answers[random.below(answers.length)];
    return one ? inserted(answers, one, random) : [...answers];
  },
  secondCname: (answers, { name, random }) => {
    const owner = ownerOf(answers, name, random);
    return inserted(answers, cname(owner, targetName(9, name, random), random), random);
  },
  loop: (answers, { name, random }) =>
    inserted(answers, cname(ownerOf(answers, name, random), name, random), random),
  selfCname: (answers, { name, random }) => {
    const owner = ownerOf(answers, name, random);
    return inserted(answers, cname(owner, owner, random), random);
  },
  strayCname: (answers, { name, random }) => {
    const target = random.chance(0.5) ? ownerOf(answers, name, random) : nameOf('far.stray.test');
    return inserted(answers, cname(nameOf('stray.test'), target, random), random);
  },
  dname: (answers, { name, random }) => {
    const owner = random.pick([name.slice(1), name, nameOf('other.test')]);
    const data = { name: nameOf('moved.test') };
    return inserted(answers, { owner, type: TYPE.DNAME, class: 1, ttl: 30, data }, random);
  },
  unrelated: (answers, { name, random }) =>
    inserted(answers, unrelatedRecord(ownerOf(answers, name, random), random), random),
  unrelatedAddress: (answers, { type, random }) =>
    inserted(answers, address(nameOf('unrelated.test'), type, random), random),
  otherType: (answers, { name, type, random }) => {
    const owner = ownerOf(answers, name, random);
    return inserted(answers, address(owner, type === 'A' ? 'AAAA' : 'A', random), random);
  },
  otherClass: (answers, { random }) => {
    const at = random.below(answers.length);
    return answers.map((one, i) =>
      i === at ? { ...one, class: random.pick([3, 4, 255, 0]) } : one,
    );
  },
  signatures: (answers) => answers.flatMap((one) => [one, signatureOf(one)]),
  wrongLength: (answers, { random }) => {
    const at = random.below(answers.length);
    return answers.map((one, i) => (i === at ? withWrongLength(one, random) : one));
  },
  otherCase: (answers, { random }) =>
    answers.map((one) => ({
      ...one,
      owner: otherCase(one.owner, random),
      data: Buffer.isBuffer(one.data) ? one.data : { name: otherCase(one.data.name, random) },
    })),
  drop: (answers, { random }) => answers.toSpliced(random.below(answers.length), 1),
  addressOfAlias: (answers, { name, type, random }) =>
    inserted(answers, address(ownerOf(answers, name, random), type, random), random),
  rootOwner: (answers, { random }) => {
    const at = random.below(answers.length);
    return answers.map((one, i) => (i === at ? { ...one, owner: [] } : one));
  },
};

function inserted(answers: readonly WireRecord[], one: WireRecord, random: Random): WireRecord[] {
  return answers.toSpliced(random.below(answers.length + 1), 0, one);
}

function ownerOf(answers: readonly WireRecord[], name: Name, random: Random): Name {
  return answers[random.below(answers.length)]?.owner ?? name;
}

function unrelatedRecord(owner: Name, random: Random): WireRecord {
  const name = nameOf('ns.unrelated.test');
  const rest = { owner, class: 1, ttl: 30 };
  return random.pick<WireRecord>([
    { ...rest, type: TYPE.TXT, data: Buffer.from('\x04text') },
    { ...rest, type: TYPE.NS, data: { name } },
    { ...rest, type: TYPE.MX, data: Buffer.from([0, 10, 1, 0x6d, 0]) },
    { ...rest, type: 65_280, data: random.bytes(random.below(9)) },
    { ...rest, type: TYPE.ANY, data: Buffer.alloc(0) },
    { ...rest, type: TYPE.OPT, data: Buffer.alloc(0) },
  ]);
}

function signatureOf({ owner, type, ttl }: WireRecord): WireRecord {
  const data = Buffer.alloc(18 + 1 + 16, 0x5a);
  data.writeUInt16BE(type, 0);
  data.writeUInt8(0, 18); // the signer: the root
  return { owner, type: TYPE.RRSIG, class: 1, ttl, data };
}

/**
 * RDATA that is too short or too long, either by itself or because it overlaps the following data.
 */
function withWrongLength(record: WireRecord, random: Random): WireRecord {
  const { data } = record;
  if (!Buffer.isBuffer(data)) return { ...record, length: random.below(40) };
  if (random.chance(0.5)) return { ...record, length: random.below(20) };
  return { ...record, data: random.bytes(random.pick([0, 1, 3, 4, 5, 15, 16, 17])) };
}

function otherCase(name: Name, random: Random): Name {
  return name.map((label) =>
    label.replace(/[a-z]/gi, (letter) =>
      random.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase(),
    ),
  );
}

function authorityOf(name: Name, random: Random): WireRecord[] {
  const owner = name.slice(1);
  return random.chance(0.5)
    ? [{ owner, type: TYPE.NS, class: 1, ttl: 30, data: { name: ['ns', ...owner] } }]
    : [{ owner, type: TYPE.SOA, class: 1, ttl: 30, data: Buffer.alloc(22) }];
}

function additionalOf(name: Name, type: AddressType, random: Random): WireRecord[] {
  const opt = { owner: [], type: TYPE.OPT, class: 1232, ttl: 0, data: Buffer.alloc(0) };
  const extended = { ...opt, ttl: 0x01000000 };
  const stray = address(random.chance(0.5) ? name : ['ns', ...name.slice(1)], type, random);
  return random.pick<WireRecord[]>([[opt], [opt], [stray], [stray, opt], [extended], [opt, opt]]);
}
