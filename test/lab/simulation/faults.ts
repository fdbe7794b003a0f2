/** The possible faults and their places, and the components that a verdict may then name. */
import type { Blame } from '../../../src/model/verdict.ts';

/** Faults of one DNS server. */
export type ServerFault =
  | 'silent'
  | 'lossy'
  | 'stale'
  | 'servfail'
  | 'slow'
  | 'edns_dropped'
  | 'forwarder_hangs';

/** Faults of one provider's domain, or of the upstream resolver, which affects all domains. */
export type DomainFault = 'hangs' | 'never' | 'slow' | 'servfail' | 'nxdomain' | 'family';

/** These are no faults for a verdict: pods get their answers. */
const HARMLESS: ReadonlySet<string> = new Set(['slow', 'edns_dropped']);

interface Ended<Fault> {
  readonly fault: Fault;
  readonly from: number;
  readonly until: number;
}

/** Number of ended faults that a part remembers. */
const REMEMBERED = 8;

/** A part that can be broken: a DNS server, a provider's domain, the upstream resolver. */
export class Part<Fault extends string> {
  readonly name: string;
  readonly blame: Blame;
  #fault: Fault | undefined;
  #changedAt: number;
  #ended: readonly Ended<Fault>[] = [];

  constructor(name: string, blame: Blame, now: number) {
    this.name = name;
    this.blame = blame;
    this.#changedAt = now;
  }

  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** When its last fault began or ended. */
  get changedAt(): number {
    return this.#changedAt;
  }

  begin(fault: Fault, now: number): void {
    this.end(now);
    this.#fault = fault;
    this.#changedAt = now;
  }

  end(now: number): void {
    if (this.#fault === undefined) return;
    if (!HARMLESS.has(this.#fault)) {
      const ended = { fault: this.#fault, from: this.#changedAt, until: now };
      this.#ended = [...this.#ended.slice(1 - REMEMBERED), ended];
    }
    this.#fault = undefined;
    this.#changedAt = now;
  }

  /** Its harmful faults at any time since `since`. */
  faults(since: number): readonly Fault[] {
    const faults = this.#ended.filter(({ until }) => until >= since).map(({ fault }) => fault);
    return this.#fault !== undefined && this.#isHarmful ? [...faults, this.#fault] : faults;
  }

  wasFaulty(since: number): boolean {
    return this.#isHarmful || (this.#ended.at(-1)?.until ?? -Infinity) >= since;
  }

  /** Number of starts and ends of harmful faults since `since`. */
  changes(since: number): number {
    const times = this.#ended.flatMap(({ from, until }) => [from, until]);
    if (this.#isHarmful) times.push(this.#changedAt);
    return times.filter((at) => at >= since).length;
  }

  get #isHarmful(): boolean {
    return this.#fault !== undefined && !HARMLESS.has(this.#fault);
  }
}
