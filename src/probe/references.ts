import pLimit, { type LimitFunction } from 'p-limit';
import { isAskedAtReferences } from '../diagnosis/reference-scope.ts';
import { Resolver } from '../dns/resolver.ts';
import type {
  FaultReport,
  ProbeConfig,
  ReferenceConfig,
  ReferenceReport,
  Server,
} from '../model/messages.ts';
import type { AddressHop } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import { steadyNow } from '../model/time.ts';
import { type DistinctTarget, DistinctTargets } from './distinct-targets.ts';

/** How many targets one resolver is asked for at once, by A and AAAA each: it is not ours, and may limit its clients. */
export const MOST_AT_ONCE = 10;
/** A new target is asked for after this long, up to twice of it. */
const FRESH_AFTER_MS = 2_000;
/** New targets follow each other no faster; of many, as in a first list, most wait for their regular turn. */
const FRESH_PAUSE_MS = 200;

/** One address hop at one server; never rejects. */
export type AskReference = (server: Server, target: string) => Promise<AddressHop>;

interface Asked {
  readonly server: Server;
  /** One for each server, so that one that hangs does not hold up the others. */
  readonly limit: LimitFunction;
  /** Targets for which it has not answered the last question yet. */
  readonly awaited: Set<DistinctTarget>;
}

/**
 * Asks reference resolvers for the targets of the watched Services: each distinct target once an
 * interval, at each server, evenly spread. Names that must not leave the cluster are never asked for.
 */
export class References {
  readonly #clusterDomain: string;
  readonly #reference: ReferenceConfig;
  readonly #report: (message: ReferenceReport | FaultReport) => void;
  readonly #ask: AskReference;
  readonly #asked: readonly Asked[];
  readonly #targets: DistinctTargets;
  #skipped = 0;

  constructor(
    config: ProbeConfig,
    reference: ReferenceConfig,
    report: (message: ReferenceReport | FaultReport) => void,
    ask: AskReference = (server, target) => askReference(config, server, target),
  ) {
    this.#clusterDomain = config.clusterDomain;
    this.#reference = reference;
    this.#report = report;
    this.#ask = ask;
    this.#asked = reference.servers.map((server) => ({
      server,
      limit: pLimit(MOST_AT_ONCE),
      awaited: new Set(),
    }));
    const { intervalMs } = reference;
    const { salt } = config;
    this.#targets = new DistinctTargets(
      { intervalMs, salt, freshAfterMs: FRESH_AFTER_MS, freshPauseMs: FRESH_PAUSE_MS },
      (target) => {
        for (const asked of this.#asked) void this.#askServer(target, asked);
      },
    );
  }

  /** Begins, or goes on with an edited spec. */
  watch({ key, target }: Pick<ServiceSpec, 'key' | 'target'>): void {
    const isAsked = isAskedAtReferences(target, this.#clusterDomain, this.#reference);
    this.#targets.watch(key, isAsked ? target : undefined);
  }

  unwatch(key: string): void {
    this.#targets.unwatch(key);
  }

  /** Questions that were due and not asked since the last call. */
  takeSkipped(): { readonly reference?: number } {
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped > 0 ? { reference: skipped } : {};
  }

  /** Questions under way end by themselves, unreported. */
  stop(): void {
    this.#targets.stop();
    for (const { limit } of this.#asked) limit.clearQueue();
  }

  async #askServer(target: DistinctTarget, { server, limit, awaited }: Asked): Promise<void> {
    if (awaited.has(target)) {
      this.#skipped++;
      return;
    }
    const { name } = target;
    const { label } = server;
    awaited.add(target);
    try {
      const hop = await limit(() =>
        this.#targets.isGone(target) ? undefined : this.#ask(server, name),
      );
      if (!hop || this.#targets.isGone(target)) return;
      const keys = [...target.services];
      const endedAt = steadyNow();
      this.#report({ type: 'reference', target: name, keys, server: label, hop, endedAt });
    } catch (error) {
      this.#report({ type: 'fault', reason: 'reference', error: String(error) });
    } finally {
      awaited.delete(target);
    }
  }
}

/** With EDNS, as on the target hop. A chain that is left unfinished is not followed: its names must not leak. */
export async function askReference(
  { timeoutMs, attempts }: Pick<ProbeConfig, 'timeoutMs' | 'attempts'>,
  server: Server,
  name: string,
): Promise<AddressHop> {
  const resolver = new Resolver({ servers: [server], timeoutMs, attempts });
  try {
    return await resolver.askAddresses(name, ['A', 'AAAA'], { edns: true });
  } finally {
    resolver.close();
  }
}
