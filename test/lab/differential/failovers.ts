import { Random, seedOf } from './random.ts';
import { ADDRESS_TYPES, type AddressType } from './replies.ts';
import type { Play, SeenQuery } from './scripted-servers.ts';
import { encode, FLAG, nameOf, TYPE, type WireRecord } from './wire.ts';

/** The actions of a server on one query, and their weights. */
const UDP_STEPS = {
  answer: 8,
  silence: 6,
  nodata: 2,
  nxdomain: 2,
  servfail: 3,
  refused: 2,
  notimp: 1,
  formerr: 1,
  otherRcode: 1,
  lame: 2,
  lameWithAuthority: 1,
  lameWithAa: 1,
  truncated: 4,
  cutAndTruncated: 2,
  unreadable: 1,
  otherQuestion: 1,
  otherId: 1,
  noQuestion: 1,
  noQuestionServfail: 1,
} as const;
const TCP_STEPS = {
  answer: 6,
  silence: 1,
  reset: 2,
  close: 2,
  truncated: 1,
  servfail: 1,
  refused: 1,
  nodata: 1,
  nxdomain: 1,
  lame: 1,
  otherQuestion: 1,
} as const;
export type Step = keyof typeof UDP_STEPS | keyof typeof TCP_STEPS;

export const SERVERS = ['127.0.0.1', '127.0.0.2'] as const;

/** The actions of each server on the queries for each type, in order; the last one is repeated. */
export interface FailoverCase {
  readonly index: number;
  /** All cases of a group have one resolv.conf. */
  readonly options: string;
  readonly steps: Readonly<Record<AddressType, readonly ServerSteps[]>>;
}

interface ServerSteps {
  readonly udp: readonly Step[];
  readonly tcp: readonly Step[];
}

/** Options of resolv.conf, and how many of 20 cases have them. */
export const OPTION_SETS: Readonly<Record<string, number>> = {
  '': 12,
  'use-vc': 2,
  'single-request': 2,
  'single-request-reopen': 1,
  'no-aaaa': 1,
  edns0: 1,
  'trust-ad': 1,
};

export function failoverCase(seed: number, index: number): FailoverCase {
  const random = new Random(seedOf(seed ^ 0x5f5f, index));
  const options = random.weighted(OPTION_SETS);
  const a = SERVERS.map(() => serverSteps(random));
  const aaaa = random.chance(0.5) ? a : SERVERS.map(() => serverSteps(random));
  return { index, options, steps: { A: a, AAAA: aaaa } };
}

function serverSteps(random: Random): ServerSteps {
  const step = random.weighted(UDP_STEPS);
  // A packet may be lost. Otherwise a server repeats its answer, because glibc repeats some queries
  // and our resolver does not.
  const udp = random.chance(0.25) ? (['silence', step] as const) : [step];
  return { udp, tcp: [random.weighted(TCP_STEPS)] };
}

/**
 * The resolver that queries: each has its own names, so that the steps of one case are counted
 * separately.
 */
export type Asking = 'real' | 'ours';

export function nameFor(asking: Asking, { index }: FailoverCase, round: number): string {
  return `${asking}${index}-${round}.failover.test`;
}

/** Plays the steps of all cases. */
export class FailoverScript {
  readonly #cases: readonly FailoverCase[];
  readonly #counts = new Map<string, number>();

  constructor(cases: readonly FailoverCase[]) {
    this.#cases = cases;
  }

  play(query: SeenQuery): Play {
    const { server, transport, name, type, head } = query;
    const index = Number(/^[a-z]+(\d+)-/.exec(name)?.[1] ?? -1);
    const asked = ADDRESS_TYPES.find((one) => TYPE[one] === type);
    const steps = asked && this.#cases[index]?.steps[asked][server]?.[transport];
    if (!steps || !asked) return 'silence';
    const key = `${name} ${asked} ${server} ${transport}`;
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    const step = steps[Math.min(count, steps.length - 1)] ?? 'silence';
    return playOf(step, { name, type: asked, server, transport, head });
  }
}

interface Playing {
  readonly name: string;
  readonly type: AddressType;
  readonly server: number;
  readonly transport: 'udp' | 'tcp';
  readonly head: Buffer;
}

const RCODES: Readonly<Partial<Record<Step, number>>> = {
  formerr: 1,
  servfail: 2,
  nxdomain: 3,
  notimp: 4,
  refused: 5,
  otherRcode: 9,
};

function playOf(step: Step, playing: Playing): Play {
  const { name, type } = playing;
  const question = { name: nameOf(name), type: TYPE[type] };
  const flags = FLAG.QR | FLAG.RD | FLAG.RA;
  const empty = { id: 0, flags, question, answers: [] };
  const full = { ...empty, answers: [address(playing)] };
  switch (step) {
    case 'silence':
    case 'reset':
    case 'close':
      return step;
    case 'answer':
      return encode(full);
    case 'nodata':
      return encode(empty);
    case 'lame':
      return encode({ ...empty, flags: FLAG.QR | FLAG.RD });
    case 'lameWithAuthority': {
      const owner = nameOf('test');
      const data = { name: nameOf('ns.test') };
      const authority = [{ owner, type: TYPE.NS, class: 1, ttl: 1, data }];
      return encode({ ...empty, flags: FLAG.QR | FLAG.RD, authority });
    }
    case 'lameWithAa':
      return encode({ ...empty, flags: FLAG.QR | FLAG.RD | FLAG.AA });
    case 'truncated':
      return encode({ ...empty, flags: flags | FLAG.TC });
    case 'cutAndTruncated':
      return encode({ ...full, flags: flags | FLAG.TC }).subarray(0, -3);
    case 'unreadable':
      return encode(full).subarray(0, -3);
    case 'otherQuestion':
      return encode({ ...full, question: { ...question, name: nameOf('other.test') } });
    case 'otherId':
      return encode({ ...full, id: 0x5555 });
    case 'noQuestion':
      return encode({ id: 0, flags, answers: [] });
    case 'noQuestionServfail':
      return encode({ id: 0, flags: flags | 2, answers: [] });
    default:
      return encode({ ...empty, flags: flags | (RCODES[step] ?? 0) });
  }
}

/** An address that encodes which server answered, and how. */
function address({ name, type, server, transport }: Playing): WireRecord {
  const way = transport === 'udp' ? 1 : 2;
  const data =
    type === 'A'
      ? Buffer.from([198, 51, 100, 10 * (server + 1) + way])
      : Buffer.from([0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 0x10 * (server + 1) + way]);
  return { owner: nameOf(name), type: TYPE[type], class: 1, ttl: 1, data };
}
