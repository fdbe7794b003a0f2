import { isNegative, OUTCOMES, type Outcome, type OutcomeRow } from '../model/outcome.ts';
import type { Reader } from '../model/reader.ts';
import type { ChainLink, QueryResult } from '../model/round.ts';
import { CLASS_IN, type Question, type Reply, type ResourceRecord, TYPE } from './message.ts';
import { extendedErrorsOf, optionsOf } from './options.ts';
import { type AddressQuestion, readAs, readersFor } from './readers.ts';
import { negativeOf, ttlOf } from './soa.ts';

/** What a reply says to a question. */
export type Answer = Omit<QueryResult, 'seconds' | 'server' | 'exchanges'>;

/** A reply of 64 KiB could hold thousands: more than this are not kept. */
const MAX_CHAIN = 32;
const MAX_ADDRESSES = 256;

const BY_RCODE = new Map(
  Object.entries<OutcomeRow>(OUTCOMES).map(([outcome, { rcode }]) => [rcode, outcome as Outcome]),
);

export function outcomeOfRcode(rcode: number): Outcome {
  return BY_RCODE.get(rcode) ?? 'other_rcode';
}

/** Reads the answer to `question` out of a reply, for all resolvers in pods. */
export function interpret(question: Question, reply: Reply): Answer {
  const answer = read(question, reply);
  // Nearly every reply has neither.
  return reply.soa || reply.opt ? { ...answer, ...reasons(answer, reply) } : answer;
}

/** What a reply says beside its answer: which zone denies it, and why the server failed. */
function reasons(
  { outcome }: Answer,
  { message, soa, opt }: Reply,
): Pick<Answer, 'negative' | 'extendedErrors'> {
  const negative = soa && isNegative(outcome) ? negativeOf(message, soa) : undefined;
  const extendedErrors = opt && extendedErrorsOf(optionsOf(message, opt));
  return { ...(negative ? { negative } : {}), ...(extendedErrors ? { extendedErrors } : {}) };
}

function read(question: Question, reply: Reply): Answer {
  if (reply.rcode !== 0) {
    return { outcome: outcomeOfRcode(reply.rcode), addresses: [], ...followed(question, reply) };
  }
  if (question.type === 'A' || question.type === 'AAAA') {
    return addressAnswer({ name: question.name, type: question.type }, reply);
  }
  const links = followed(question, reply);
  const isFound =
    question.type === 'CNAME'
      ? links.chain.length > 0
      : reply.answers.some(({ type }) => type === TYPE[question.type]);
  const outcome = reply.fault ? 'malformed' : isFound ? 'ok' : 'nodata';
  return { outcome, addresses: [], ...links };
}

/** What programs in pods get out of an answer, whichever resolver they have. */
function addressAnswer(question: AddressQuestion, reply: Reply): Answer {
  const all = new Set<string>();
  const unreadBy: Reader[] = [];
  for (const reader of readersFor(question, reply)) {
    const addresses = readAs(reader, question, reply);
    if (addresses.length === 0) unreadBy.push(reader);
    for (const address of addresses) all.add(address);
  }
  const addresses = [...all].slice(0, MAX_ADDRESSES);
  const links = followed(question, reply);
  const outcome =
    reply.fault && addresses.length === 0 ? 'malformed' : outcomeOf(addresses, links.chain);
  const isSplit = addresses.length > 0 && unreadBy.length > 0;
  return { outcome, addresses, ...(isSplit ? { unreadBy } : {}), ...links };
}

function outcomeOf(addresses: readonly string[], chain: readonly ChainLink[]): Outcome {
  if (addresses.length > 0) return 'ok';
  return chain.length > 0 ? 'bare_cname' : 'nodata';
}

/** The CNAMEs from the asked name on, whatever their order in the message (RFC 1034 §3.6.2), and the smallest TTL. */
function followed(question: Question, reply: Reply): Pick<Answer, 'chain' | 'ttl'> {
  const chain: ChainLink[] = [];
  const links = new Set<ResourceRecord>();
  let last = question.name;
  while (chain.length < MAX_CHAIN) {
    const next = cnameOf(last, reply.answers);
    // A loop ends where it began.
    if (next?.data === undefined || links.has(next)) break;
    links.add(next);
    chain.push({ name: next.data, ttl: ttlOf(next.ttl) });
    last = next.data;
    if (question.type === 'CNAME') break;
  }
  const ttl = reply.answers.reduce((least, record) => Math.min(least, ttlOf(record.ttl)), Infinity);
  return { chain, ...(ttl === Infinity ? {} : { ttl }) };
}

/** The first of several, which there should not be (RFC 2181 §10.1). */
function cnameOf(name: string, records: readonly ResourceRecord[]): ResourceRecord | undefined {
  return records.find(
    (record) =>
      record.type === TYPE.CNAME &&
      record.class === CLASS_IN &&
      record.name === name &&
      record.data !== undefined,
  );
}
