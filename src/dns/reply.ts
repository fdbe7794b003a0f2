import { OUTCOMES, type Outcome } from '../model/outcome.ts';
import type { Exchange, Transport } from '../model/round.ts';
import { type Answer, interpret, outcomeOfRcode } from './answer.ts';
import { decodeReply, FLAG, isReplyTo, type Question, repeatsQuestion } from './message.ts';

/** An exchange together with what its reply said, where there was one. */
export interface Exchanged {
  readonly exchange: Exchange;
  readonly answer: Answer;
  /** The reply as it came in; absent without one. Not to be kept: it is looked at, and gone. */
  readonly message?: Buffer;
}

/** A query as it goes out. */
export interface Query {
  readonly question: Question;
  readonly bytes: Buffer;
  /** It carries EDNS. */
  readonly edns: boolean;
  /** Pods would have sent it without. */
  readonly isEdnsOurs: boolean;
}

/**
 * What a message that came in means for the query that is waiting: nothing, if it is not the
 * reply to it (RFC 5452 §9.1: source, ID and question must match), and the wait goes on.
 */
export function answerIn(message: Buffer, query: Query, transport: Transport): Answer | undefined {
  if (!isReplyTo(message, query.bytes.readUInt16BE(0))) return undefined;
  const flags = message.readUInt16BE(2);
  const outcome = outcomeOfRcode(flags & 0xf);
  if (!repeatsQuestion(message, query.bytes)) {
    return isHeaderOnly(message, outcome, query) ? failed(outcome) : undefined;
  }
  // In the order of glibc's resolv/res_send.c, `send_dg`, which looks at the header of a datagram only.
  if (transport === 'udp' && !OUTCOMES[outcome].asksNext) {
    if (isLame(message, flags, query)) return failed('refused');
    if ((flags & FLAG.tc) !== 0) return failed('truncated');
  }
  return interpret(query.question, decodeReply(message));
}

/** What some servers send when they could not read the question, or will not answer it. */
function isHeaderOnly(message: Buffer, outcome: Outcome, { edns }: Query): boolean {
  if (message.readUInt16BE(4) !== 0) return false;
  // glibc does not take FORMERR for a reply then; to EDNS it is one, and the query is repeated without.
  return OUTCOMES[outcome].asksNext || (outcome === 'formerr' && edns);
}

/** NOERROR and nothing else, by a server that neither serves the zone nor recurses. OPT counts as for a pod. */
function isLame(message: Buffer, flags: number, { isEdnsOurs }: Query): boolean {
  const isEmpty = message.readUInt16BE(6) === 0 && message.readUInt16BE(10) <= (isEdnsOurs ? 1 : 0);
  return isEmpty && (flags & (0xf | FLAG.aa | FLAG.ra)) === 0;
}

/** An answer that holds nothing but how it failed. */
export function failed(outcome: Outcome): Answer {
  return { outcome, addresses: [], chain: [] };
}

/** An exchange with its reply. */
export function answered(
  server: string,
  transport: Transport,
  answer: Answer,
  message: Buffer,
  seconds: number | undefined,
): Exchanged {
  const { outcome } = answer;
  const exchange = { server, transport, outcome, ...(seconds === undefined ? {} : { seconds }) };
  return { exchange, answer, message };
}

/** An exchange without a reply: it has an outcome and no duration. */
export function unanswered(
  server: string,
  transport: Transport,
  outcome: 'timeout' | 'unreachable',
  error?: unknown,
): Exchanged {
  const errno = error instanceof Error && 'code' in error ? { errno: String(error.code) } : {};
  return { exchange: { server, transport, outcome, ...errno }, answer: failed(outcome) };
}
