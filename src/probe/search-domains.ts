import { randomBytes } from 'node:crypto';
import { customerDomain } from '../diagnosis/provider-domain.ts';
import type { OpenAsker } from '../dns/resolver.ts';
import type {
  FaultReport,
  ProbeConfig,
  SearchDomainExample,
  SearchDomainReport,
} from '../model/messages.ts';
import { isFailure } from '../model/outcome.ts';
import type { QueryResult } from '../model/round.ts';
import type { Budget } from './budget.ts';
import type { Clock } from './clock.ts';

/** How often a search domain is asked. */
export const EVERY_MS = 3_600_000;
/** The same after questions that were not answered. */
export const AGAIN_MS = 300_000;
/** The first one is asked so long after the start, each other one as much later. */
export const FIRST_MS = 2_000;
const JITTER = 0.1;
/** Of the addresses of a wildcard the first ones are kept. */
const MOST_ADDRESSES = 4;

export interface SearchDomainParts {
  readonly clock: Clock;
  readonly open: OpenAsker;
  readonly budget: Budget;
  /** Whether nothing is asked at the moment, see `Silences`. */
  readonly isSilent: () => boolean;
  readonly report: (report: SearchDomainReport | FaultReport) => void;
}

/** What a round of questions about one domain has shown. */
type Found = Pick<SearchDomainReport, 'wildcard' | 'example'>;

/**
 * Asks cluster DNS for names below each search domain that pods have from their node. The names cannot exist, so an address
 * for one means that the domain answers for any name. A pod that asks for `db.shop.svc.cluster.local` without the last
 * dot then gets that address, since its resolver goes through the search list first (ndots:5).
 */
export class SearchDomains {
  readonly #config: ProbeConfig;
  readonly #parts: SearchDomainParts;
  readonly #timers = new Map<string, () => void>();
  #stopped = false;

  constructor(config: ProbeConfig, parts: SearchDomainParts) {
    this.#config = config;
    this.#parts = parts;
    for (const [i, domain] of config.searchDomains.entries()) this.#arm(domain, FIRST_MS * (i + 1));
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
  }

  #arm(domain: string, ms: number): void {
    const cancel = this.#parts.clock.after(ms, () => void this.#turn(domain));
    this.#timers.set(domain, cancel);
  }

  async #turn(domain: string): Promise<void> {
    let isKnown = false;
    try {
      isKnown = !this.#parts.isSilent() && (await this.#ask(domain));
    } catch (error) {
      this.#parts.report({ type: 'fault', reason: 'search_domain', error: String(error) });
    }
    const jitter = (this.#parts.clock.random() * 2 - 1) * JITTER;
    if (!this.#stopped) this.#arm(domain, (isKnown ? EVERY_MS : AGAIN_MS) * (1 + jitter));
  }

  /** Returns whether the questions were answered. */
  async #ask(domain: string): Promise<boolean> {
    const results: QueryResult[] = [];
    const { wildcard, example } = await this.#find(domain, results);
    if (this.#stopped) return false;
    this.#parts.report({
      type: 'search_domain',
      domain,
      ...(wildcard === undefined ? {} : { wildcard }),
      ...(example ? { example } : {}),
      results,
      endedAt: this.#parts.clock.now(),
    });
    return wildcard !== undefined;
  }

  async #find(domain: string, results: QueryResult[]): Promise<Found> {
    const services = `default.svc.${this.#config.clusterDomain}.${domain}`;
    let hasFailed = false;
    // First as a pod asks for a Service: a wildcard may be there alone.
    for (const parent of [services, domain]) {
      const first = await this.#addressesOf(parent, domain, results);
      if (first.addresses.length === 0) {
        hasFailed ||= first.hasFailed;
        continue;
      }
      const second = await this.#addressesOf(parent, domain, results);
      if (second.addresses.length > 0) return { wildcard: true, example: exampleOf(first) };
      hasFailed ||= second.hasFailed;
    }
    return hasFailed ? {} : { wildcard: false };
  }

  /** Asks for one name that cannot exist, as a pod's resolver would. */
  async #addressesOf(parent: string, domain: string, results: QueryResult[]) {
    const { open, budget } = this.#parts;
    const name = `externalname-monitor-${randomBytes(8).toString('hex')}.${parent}`;
    const asker = open(this.#config);
    try {
      const permit = () => budget.take(customerDomain(domain), true);
      const hop = await asker.askAddresses(name, ['A', 'AAAA'], { edns: false, permit });
      const asked = Object.values(hop);
      results.push(...asked);
      const addresses = asked.flatMap((result) => result.addresses);
      return { name, addresses, hasFailed: asked.some(({ outcome }) => isFailure(outcome)) };
    } finally {
      asker.close();
    }
  }
}

function exampleOf({ name, addresses }: SearchDomainExample): SearchDomainExample {
  return { name, addresses: [...new Set(addresses)].slice(0, MOST_ADDRESSES) };
}
