import { getDomain } from 'tldts';
import { isFailure } from '../model/outcome.ts';
import type { AddressHop } from '../model/round.ts';
import { isInZone } from '../model/service.ts';
import { lastName } from './outcomes.ts';

/** So many other registrable domains must fail before upstream is blamed rather than the target. */
const SEVERAL = 2;

/** How the target hops of all Services fare, by registrable domain; names in the cluster's zone say nothing of upstream. */
export class Population {
  readonly #clusterDomain: string;
  readonly #failing = new Map<string, { domain: string; refused: boolean }>();
  readonly #domains = new Map<string, { failing: number; refused: number }>();

  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain;
  }

  /** The Services whose target hop fails, by key. */
  get failing(): readonly string[] {
    return [...this.#failing.keys()];
  }

  /**
   * What the last target hop of a Service said; `undefined` when the Service is gone or was not asked.
   * `target` is the last that its spec leads to. Returns whether the blame for other Services may have changed.
   */
  update(key: string, target: string, hop: AddressHop | undefined): boolean {
    const before = this.#state();
    this.#change(key, target, hop);
    return this.#state() !== before;
  }

  #change(key: string, target: string, hop: AddressHop | undefined): void {
    const old = this.#failing.get(key);
    if (old) {
      this.#count(old, -1);
      this.#failing.delete(key);
    }
    const outcomes = Object.values(hop ?? {}).map(({ outcome }) => outcome);
    const failed = outcomes.filter(isFailure);
    if (failed.length === 0 || outcomes.includes('ok')) return;
    const name = lastName(target, hop);
    if (isInZone(name, this.#clusterDomain)) return;
    const entry = { domain: domainOf(name), refused: failed.includes('refused') };
    this.#failing.set(key, entry);
    this.#count(entry, 1);
  }

  /** Targets of several registrable domains other than the one that fails this Service fail as well. */
  upstreamFailing(key: string, target: string): boolean {
    return this.#others(key, target, ({ failing }) => failing) >= SEVERAL;
  }

  /** Cluster DNS refuses targets of several registrable domains other than this one's, too. */
  refusingMany(key: string, target: string): boolean {
    return this.#others(key, target, ({ refused }) => refused) >= SEVERAL;
  }

  /** All that the answers below depend on: a count beyond one more than several makes no difference. */
  #state(): string {
    const refused = [...this.#domains.values()].filter((entry) => entry.refused > 0).length;
    return [this.#domains.size, refused].map((count) => Math.min(count, SEVERAL + 1)).join(' ');
  }

  #others(
    key: string,
    target: string,
    count: (entry: { failing: number; refused: number }) => number,
  ): number {
    // The end of a chain may fail, in another domain than the target's.
    const own = this.#failing.get(key)?.domain ?? domainOf(target);
    let others = 0;
    for (const [domain, entry] of this.#domains) {
      if (domain !== own && count(entry) > 0 && ++others >= SEVERAL) break;
    }
    return others;
  }

  #count({ domain, refused }: { domain: string; refused: boolean }, step: 1 | -1): void {
    const entry = this.#domains.get(domain) ?? { failing: 0, refused: 0 };
    entry.failing += step;
    if (refused) entry.refused += step;
    if (entry.failing === 0) this.#domains.delete(domain);
    else this.#domains.set(domain, entry);
  }
}

/** `a.b.example.co.uk` belongs to `example.co.uk`; names under private suffixes stand for themselves. */
export function domainOf(target: string): string {
  return getDomain(target, { allowPrivateDomains: true, detectIp: false }) ?? target;
}
