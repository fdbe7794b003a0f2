import type { Outcome } from '../model/outcome.ts';
import type { ChainLink } from '../model/round.ts';
import { type Question, type Reply, type ResourceRecord, TYPE } from './message.ts';

/** What a reply says to a question. */
export interface Answer {
  readonly outcome: Outcome;
  readonly addresses: readonly string[];
  readonly chain: readonly ChainLink[];
  readonly ttl?: number;
}

/** A chain longer than this is not followed: no resolver does, and a reply of 64 KiB could hold thousands. */
const MAX_CHAIN = 32;
/** More addresses than this are not kept. */
const MAX_ADDRESSES = 256;

const RCODES: Readonly<Record<number, Outcome>> = {
  1: 'formerr',
  2: 'servfail',
  3: 'nxdomain',
  4: 'notimp',
  5: 'refused',
};

/**
 * Reads the answer to `question` out of a reply as a stub resolver does: from the asked name along
 * the CNAMEs, whatever their order in the message; records of other names do not count (RFC 1034 §3.6.2).
 */
export function interpret(question: Question, reply: Reply): Answer {
  const chain: ChainLink[] = [];
  const followed: ResourceRecord[] = [];
  let last = question.name.toLowerCase();
  while (chain.length < MAX_CHAIN) {
    const next = cnameOf(last, reply.answers);
    // A loop ends where it began.
    if (next?.data === undefined || followed.includes(next)) break;
    followed.push(next);
    chain.push({ name: next.data, ttl: next.ttl });
    last = next.data;
    if (question.type === 'CNAME') break;
  }
  const addresses: string[] = [];
  let ttl: number | undefined;
  for (const record of reply.answers) {
    ttl = Math.min(ttl ?? record.ttl, record.ttl);
    if (record.name !== last || record.type !== TYPE[question.type] || record.data === undefined)
      continue;
    if (
      question.type !== 'CNAME' &&
      addresses.length < MAX_ADDRESSES &&
      !addresses.includes(record.data)
    ) {
      addresses.push(record.data);
    }
  }
  const outcome = outcomeOf(question, reply.rcode, addresses.length, chain.length > 0);
  return { outcome, addresses, chain, ...(ttl === undefined ? {} : { ttl }) };
}

/** The first of several, which there should not be (RFC 2181 §10.1). */
function cnameOf(name: string, records: readonly ResourceRecord[]): ResourceRecord | undefined {
  return records.find(
    (record) => record.type === TYPE.CNAME && record.name === name && record.data !== undefined,
  );
}

function outcomeOf(
  question: Question,
  rcode: number,
  addresses: number,
  aliased: boolean,
): Outcome {
  if (rcode !== 0) return RCODES[rcode] ?? 'other_rcode';
  if (question.type === 'CNAME') return aliased ? 'ok' : 'nodata';
  if (addresses > 0) return 'ok';
  return aliased ? 'bare_cname' : 'nodata';
}
