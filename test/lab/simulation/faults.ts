/** What can be wrong, where, and which components a verdict may then name. */
import type { Blame } from '../../../src/model/verdict.ts';

/** Of one DNS server. */
export type ServerFault =
  | 'silent'
  | 'lossy'
  | 'stale'
  | 'servfail'
  | 'slow'
  | 'edns_dropped'
  | 'forwarder_hangs';

/** Of one provider's domain, or of all of them when the upstream resolver has it. */
export type DomainFault = 'hangs' | 'never' | 'slow' | 'servfail' | 'nxdomain' | 'family';

/** Nobody is to be blamed for these: pods get their answers. */
const HARMLESS: ReadonlySet<string> = new Set(['slow', 'edns_dropped']);

interface Ended<Fault> {
  readonly fault: Fault;
  readonly from: number;
  readonly until: number;
}

/** Ended faults that a part remembers. */
const REMEMBERED = 8;

/** Something that can be broken: a DNS server, a provider's domain, the upstream resolver. */
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

  /** How often a harmful fault began or ended since `since`. */
  changes(since: number): number {
    const times = this.#ended.flatMap(({ from, until }) => [from, until]);
    if (this.#isHarmful) times.push(this.#changedAt);
    return times.filter((at) => at >= since).length;
  }

  get #isHarmful(): boolean {
    return this.#fault !== undefined && !HARMLESS.has(this.#fault);
  }
}
