import { isNegative, OUTCOMES, type Outcome, type OutcomeRow } from '../model/outcome.ts';
import { READER_NAMES, type Reader } from '../model/reader.ts';
import type { ChainLink, QueryResult } from '../model/round.ts';
import { CLASS_IN, type Question, type Reply, type ResourceRecord, TYPE } from './message.ts';
import { extendedErrorsOf, optionsOf } from './options.ts';
import { type AddressQuestion, readAs } from './readers.ts';
import { negativeOf, ttlOf } from './soa.ts';

/** What a reply says to a question. */
export type Answer = Omit<QueryResult, 'seconds' | 'server' | 'exchanges'>;

/** A reply of 64 KiB could hold thousands: more than this are not kept. */
const MAX_CHAIN = 32;
/** A name has up to 1,000 characters, were each of its bytes escaped: a chain of more than these in all is cut. */
const MAX_CHAIN_TEXT = 4_096;
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
  const { name, type } = question;
  const links = followed(question, reply);
  const isEmpty = links.chain.length === 0;
  if (reply.rcode !== 0) return { outcome: outcomeOfRcode(reply.rcode), addresses: [], ...links };
  if (type === 'A' || type === 'AAAA') {
    const { addresses, unreadBy } = addressesIn({ name, type }, reply);
    const isFound = addresses.length > 0;
    const missing = reply.fault ? 'malformed' : isEmpty ? 'nodata' : 'bare_cname';
    const split = isFound && unreadBy.length > 0 ? { unreadBy } : {};
    return { outcome: isFound ? 'ok' : missing, addresses, ...split, ...links };
  }
  const isFound =
    type === 'CNAME' ? !isEmpty : reply.answers.some((record) => record.type === TYPE[type]);
  const outcome = reply.fault ? 'malformed' : isFound ? 'ok' : 'nodata';
  return { outcome, addresses: [], ...links };
}

/** What programs in pods get out of an answer, whichever resolver they have, and the resolvers that get nothing. */
function addressesIn(
  question: AddressQuestion,
  reply: Reply,
): Required<Pick<Answer, 'addresses' | 'unreadBy'>> {
  const addresses = new Set<string>();
  const unreadBy: Reader[] = [];
  for (const reader of READER_NAMES) {
    const found = readAs(reader, question, reply);
    if (found.length === 0) unreadBy.push(reader);
    for (const address of found) addresses.add(address);
  }
  return { addresses: [...addresses].slice(0, MAX_ADDRESSES), unreadBy };
}

/** The CNAMEs from the asked name on, whatever their order in the message (RFC 1034 §3.6.2), and the smallest TTL. */
function followed(question: Question, reply: Reply): Pick<Answer, 'chain' | 'ttl'> {
  const chain: ChainLink[] = [];
  const links = new Set<ResourceRecord>();
  let last = question.name;
  let text = 0;
  while (chain.length < MAX_CHAIN && text < MAX_CHAIN_TEXT) {
    const next = cnameOf(last, reply.answers);
    // A loop ends where it began.
    if (next?.data === undefined || links.has(next)) break;
    links.add(next);
    chain.push({ name: next.data, ttl: ttlOf(next.ttl) });
    last = next.data;
    text += last.length;
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
