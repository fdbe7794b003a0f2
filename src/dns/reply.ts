import type { Outcome } from '../model/outcome.ts';
import type { Exchange, Transport } from '../model/round.ts';
import { type Answer, interpret } from './answer.ts';
import { decodeReply, isReplyTo, type Question, repeatsQuestion } from './message.ts';

/** An exchange together with what its reply said, where there was one. */
export interface Exchanged {
  readonly exchange: Exchange;
  readonly answer: Answer;
  /** The reply as it came in; absent without one. Not to be kept: it is looked at, and gone. */
  readonly message?: Buffer;
  /** TC was set: the answer is elsewhere, over TCP. */
  readonly truncated: boolean;
}

/** Header-only replies are what some servers send when they could not read the question. */
const RCODES_WITHOUT_QUESTION = [1, 4];

/**
 * What a message that came in means for the query that is waiting: nothing, if it is not the
 * reply to it (RFC 5452 §9.1: source, ID and question must match), and the wait goes on.
 * `query` is the message that went out with `question` in it.
 */
export function judge(
  message: Buffer,
  query: Buffer,
  question: Question,
  server: string,
  transport: Transport,
  seconds: number,
): Exchanged | undefined {
  if (!isReplyTo(message, query.readUInt16BE(0))) return undefined;
  const rcode = message.readUInt16BE(2) & 0xf;
  const headerOnly = message.readUInt16BE(4) === 0 && RCODES_WITHOUT_QUESTION.includes(rcode);
  if (!headerOnly && !repeatsQuestion(message, query)) return undefined;
  let answer: Answer;
  let truncated = false;
  try {
    if (headerOnly) {
      answer = failed(rcode === 1 ? 'formerr' : 'notimp');
    } else {
      const reply = decodeReply(message);
      answer = interpret(question, reply);
      truncated = reply.truncated;
    }
  } catch {
    answer = failed('malformed');
  }
  const outcome = truncated ? 'truncated' : answer.outcome;
  return { exchange: { server, transport, outcome, seconds }, answer, truncated, message };
}

/** An answer that holds nothing but how it failed. */
export function failed(outcome: Outcome): Answer {
  return { outcome, addresses: [], chain: [] };
}

/** An exchange without a reply: it has an outcome and no duration. */
export function unanswered(
  server: string,
  transport: Transport,
  outcome: 'timeout' | 'unreachable',
): Exchanged {
  return { exchange: { server, transport, outcome }, answer: failed(outcome), truncated: false };
}
