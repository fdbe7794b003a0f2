import pLimit from 'p-limit';
import { customerDomain } from '../diagnosis/provider-domain.ts';
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type { OpenAsker } from '../dns/resolver.ts';
import { endOf, firstToEnd, type Signature } from '../dns/signature.ts';
import type { FaultReport, ProbeConfig, SignatureReport } from '../model/messages.ts';
import type { AddressType, QueryResult } from '../model/round.ts';
import { isInZone, type ServiceSpec } from '../model/service.ts';
import { shown, steadyNow } from '../model/time.ts';
import type { Budget } from './budget.ts';
import { type DistinctTarget, DistinctTargets } from './distinct-targets.ts';

/** How often each target is asked for. */
export const EVERY_MS = 3_600_000;
/** A new target is asked for after this long, up to twice of it: its rounds come first. */
const FRESH_AFTER_MS = 10_000;
const FRESH_PAUSE_MS = 500;
/** How many targets are asked for at once. */
const MOST_AT_ONCE = 4;

export interface SignatureParts {
  readonly open: OpenAsker;
  readonly budget: Budget;
  /** Whether nothing is asked at the moment, see `Silences`. */
  readonly isSilent: () => boolean;
  readonly report: (message: SignatureReport | FaultReport) => void;
}

/**
 * Asks cluster DNS for the targets of the watched Services with DNSSEC signatures (DO, RFC 3225): each distinct target
 * once an hour, evenly spread, within the budget. Signatures are not verified: what counts is when they end.
 */
export class Signatures {
  readonly #config: ProbeConfig;
  readonly #parts: SignatureParts;
  readonly #limit = pLimit(MOST_AT_ONCE);
  readonly #targets: DistinctTargets;
  /** Targets whose last question has not ended: they wait for a permit, perhaps for long. */
  readonly #awaited = new WeakSet<DistinctTarget>();

  constructor(config: ProbeConfig, parts: SignatureParts) {
    this.#config = config;
    this.#parts = parts;
    const pace = { intervalMs: EVERY_MS, salt: config.salt };
    const fresh = { freshAfterMs: FRESH_AFTER_MS, freshPauseMs: FRESH_PAUSE_MS };
    this.#targets = new DistinctTargets({ ...pace, ...fresh }, (target) => this.#turn(target));
  }

  /** Begins, or goes on with an edited spec. What cluster DNS answers by itself is not signed. */
  watch({ key, target }: Pick<ServiceSpec, 'key' | 'target'>): void {
    const isAsked =
      !isLiteral(target) &&
      !whyNotEncodable(target) &&
      !isInZone(target, this.#config.clusterDomain);
    this.#targets.watch(key, isAsked ? target : undefined);
  }

  unwatch(key: string): void {
    this.#targets.unwatch(key);
  }

  /** Questions under way end by themselves, unreported. */
  stop(): void {
    this.#targets.stop();
    this.#limit.clearQueue();
  }

  #turn(target: DistinctTarget): void {
    if (this.#awaited.has(target)) return;
    this.#awaited.add(target);
    void this.#limit(() => this.#ask(target))
      .catch((error: unknown) => {
        this.#parts.report({ type: 'fault', reason: 'signature', error: String(error) });
      })
      .finally(() => this.#awaited.delete(target));
  }

  async #ask(target: DistinctTarget): Promise<void> {
    if (this.#targets.isGone(target) || this.#parts.isSilent()) return;
    const results: QueryResult[] = [];
    let signature: Signature | undefined;
    // One signed answer will do: a zone signs all its records alike.
    for (const type of ['A', 'AAAA'] as const) {
      const { result, found } = await this.#question(target.name, type);
      results.push(result);
      signature = found;
      if (result.outcome === 'ok') break;
    }
    if (this.#targets.isGone(target)) return;
    const endedAt = steadyNow();
    this.#parts.report({
      type: 'signature',
      target: target.name,
      keys: [...target.services],
      results,
      ...(signature ? { signature: atMoment(signature, endedAt) } : {}),
      endedAt,
    });
  }

  async #question(name: string, type: AddressType) {
    const { open, budget } = this.#parts;
    let message: Buffer | undefined;
    const asker = open({
      ...this.#config,
      attempts: 1,
      onExchange: ({ exchanged }) => {
        message = exchanged.message;
      },
    });
    try {
      const permit = () => budget.take(customerDomain(name), true);
      const result = await asker.ask({ name, type }, { edns: true, dnssec: true, permit });
      const isAnswered = result.outcome === 'ok' && message;
      return { result, found: isAnswered ? firstToEnd(isAnswered) : undefined };
    } finally {
      asker.close();
    }
  }
}

function atMoment(signature: Signature, now: number): NonNullable<SignatureReport['signature']> {
  const { zone } = signature;
  return { zone, endsAt: endOf(signature, shown(now) / 1000) * 1000 };
}
