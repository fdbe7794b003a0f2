/** Compares how real resolvers parse replies with the results of `readAs`. */
import { decodeReply, encodeQuery } from '../../../src/dns/message.ts';
import { type AddressQuestion, readAs } from '../../../src/dns/readers.ts';
import { answerIn, type Query } from '../../../src/dns/reply.ts';
import type { Reader } from '../../../src/model/reader.ts';
import { CLIENTS, type Client, canonical, type Lookup, lookUp } from './clients.ts';
import { type FamilyDifference, KNOWN_DIFFERENCES } from './known-reading-differences.ts';
import type { Configs } from './namespace.ts';
import { OBSERVED } from './observed.ts';
import { ADDRESS_TYPES, type AddressType, type ReadingCase, readingCase } from './replies.ts';
import type { Explained, Reason } from './report.ts';
import { type Script, ScriptedServers } from './scripted-servers.ts';
import { FLAG, TYPE } from './wire.ts';

const SERVER = '127.0.0.1';
const OPTIONS = 'timeout:1 attempts:1';
/**
 * Names that the table does not explain are looked up again, because a busy machine may have lost
 * packets.
 */
const PASSES = 3;

export interface ReadingRun extends Explained<FamilyDifference> {
  /** Number of generated replies; every client has read each of them. */
  readonly replies: number;
  readonly names: number;
}

/** A name with different results of a client and `readAs`. */
interface ReadingDifference {
  readonly client: Client;
  readonly case: ReadingCase;
  /** The addresses of `readAs`, by type. */
  readonly expected: Readonly<Record<AddressType, readonly string[]>>;
  readonly actual: Lookup;
}

/** Lets every client look up names until this many generated replies have been compared. */
export async function compareReading(
  configs: Configs,
  seed: number,
  replies: number,
): Promise<ReadingRun> {
  const cases = new Map<string, ReadingCase>(OBSERVED.map((one) => [one.case.name, one.case]));
  let generated = 0;
  for (let i = 0; generated < replies; i++) {
    const one = readingCase(seed, i);
    cases.set(one.name, one);
    generated += one.generated.length;
  }
  const servers = await ScriptedServers.start([SERVER], scriptOf(cases));
  try {
    let asked = new Map(CLIENTS.map((client) => [client, [...cases.keys()]]));
    const counts = new Map<Reason, number>(KNOWN_DIFFERENCES.map((known) => [known, 0]));
    let unexplained: readonly FamilyDifference[] = [];
    for (let pass = 0; pass < PASSES && asked.size > 0; pass++) {
      const differences = await lookUpAll(configs, cases, asked, pass);
      unexplained = differences.flatMap(byFamily).filter((one) => !isExplained(one, counts));
      asked = new Map();
      for (const { client, case: one } of unexplained) {
        asked.set(client, [...new Set([...(asked.get(client) ?? []), one.name])]);
      }
    }
    return { replies: generated, names: cases.size, counts, unexplained };
  } finally {
    servers.stop();
  }
}

/** The comparison starts after all lookups, so that the servers are not late. */
async function lookUpAll(
  configs: Configs,
  cases: ReadonlyMap<string, ReadingCase>,
  asked: ReadonlyMap<Client, readonly string[]>,
  pass: number,
): Promise<ReadingDifference[]> {
  const lookups = [...asked].map(async ([client, names]) => {
    const parallel = pass === 0 ? client.parallel : Math.ceil(client.parallel / 8);
    const options = { servers: [SERVER], options: OPTIONS, parallel };
    return { client, found: await lookUp(client, configs, options, names) };
  });
  return (await Promise.all(lookups)).flatMap(({ client, found }) =>
    [...found].flatMap(([name, actual]) => differenceOf(client, cases, name, actual)),
  );
}

function scriptOf(cases: ReadonlyMap<string, ReadingCase>): Script {
  return ({ name, type, transport }) => {
    const asked = ADDRESS_TYPES.find((one) => TYPE[one] === type);
    const reply = asked && cases.get(`${name}.`)?.replies[asked];
    if (!reply) return 'silence';
    return transport === 'tcp' ? overTcp(reply) : reply;
  };
}

/**
 * The complete reply after a truncated one: the same reply, because only the parsing matters here.
 */
function overTcp(reply: Buffer): Buffer {
  if (reply.length < 4) return reply;
  const out = Buffer.from(reply);
  out.writeUInt16BE(out.readUInt16BE(2) & ~FLAG.TC, 2);
  return out;
}

/** Counts the first reason in the table for this. */
function isExplained(difference: FamilyDifference, counts: Map<Reason, number>): boolean {
  const known = KNOWN_DIFFERENCES.find(
    ({ clients, explains }) => clients.test(difference.client.name) && explains(difference),
  );
  if (known) counts.set(known, (counts.get(known) ?? 0) + 1);
  return known !== undefined;
}

function byFamily({ client, case: one, expected, actual }: ReadingDifference): FamilyDifference[] {
  return ADDRESS_TYPES.flatMap((type): FamilyDifference[] => {
    const wanted = canonical(expected[type]);
    const found = actual.addresses.filter((address) => address.includes(':') === (type === 'AAAA'));
    const missing = wanted.filter((address) => !found.includes(address));
    const extra = found.filter((address) => !wanted.includes(address));
    if (missing.length === 0 && extra.length === 0) return [];
    return [{ client, case: one, type, found, missing, extra, error: actual.error }];
  });
}

function differenceOf(
  client: Client,
  cases: ReadonlyMap<string, ReadingCase>,
  name: string,
  actual: Lookup,
): ReadingDifference[] {
  const one = cases.get(name);
  if (!one) throw new Error(`Cannot compare: this name was not asked for, got ${name}`);
  const expected = {
    A: expectedOf(client.reader, one, 'A'),
    AAAA: expectedOf(client.reader, one, 'AAAA'),
  };
  const all = canonical([...expected.A, ...expected.AAAA]);
  if (all.join() === actual.addresses.join()) return [];
  return [{ client, case: one, expected, actual }];
}

function expectedOf(
  reader: Reader,
  { name, replies }: ReadingCase,
  type: AddressType,
): readonly string[] {
  const question: AddressQuestion = { name: name.slice(0, -1), type };
  const query: Query = {
    question,
    bytes: encodeQuery(0, question, {}),
    edns: false,
    isEdnsOurs: false,
  };
  let message = replies[type];
  let answer = answerIn(message, query, 'udp');
  if (answer?.outcome === 'truncated') {
    message = overTcp(message);
    answer = answerIn(message, query, 'tcp');
  }
  if (!answer || message.readUInt16BE(4) !== 1) return [];
  return readAs(reader, question, decodeReply(message));
}
