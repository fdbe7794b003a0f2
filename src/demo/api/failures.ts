/** Scripted failures of the API server: which requests fail, how often, and how. */
import { type Reply, refusal } from './reply.ts';
import type { ResourceRequest, Verb } from './request.ts';
import { statusFor } from './status.ts';

/**
 * One of: a refusal with a Status body; this reply in place of the real one, as a proxy may send
 * it; the request is accepted and never answered; the connection is reset.
 */
export type Failure = { status: number; retryAfterSeconds?: number } | Reply | 'hang' | 'reset';

export interface FailureMatch {
  /** All verbs if absent. */
  verb?: Verb;
  /** The plural of the resource; all if absent. */
  resource?: string;
  /** 1 if absent; Infinity: until ended. */
  times?: number;
}

interface Scripted {
  failure: Failure;
  match: FailureMatch;
  left: number;
}

export class Failures {
  #scripted: Scripted[] = [];

  /** Adds a failure. The oldest failure is used up first. Returns a function that ends it. */
  add(failure: Failure, match: FailureMatch): () => void {
    const scripted = { failure, match, left: match.times ?? 1 };
    this.#scripted.push(scripted);
    return () => {
      scripted.left = 0;
    };
  }

  /** The failure for this request, if there is one; its count goes down by one. */
  take({ verb, resource, namespace }: ResourceRequest): Reply | 'hang' | 'reset' | undefined {
    const { plural, group } = resource;
    this.#scripted = this.#scripted.filter(({ left }) => left > 0);
    const next = this.#scripted.find(
      ({ match }) =>
        (match.verb === undefined || match.verb === verb) &&
        (match.resource === undefined || match.resource === plural),
    );
    if (next === undefined) return undefined;
    next.left--;
    const { failure } = next;
    if (failure === 'hang' || failure === 'reset' || 'code' in failure) return failure;
    const subject = { verb, plural, group, ...(namespace === undefined ? {} : { namespace }) };
    return refusal(statusFor(failure.status, subject, failure.retryAfterSeconds ?? 1));
  }
}
