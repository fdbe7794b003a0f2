import { providerDomain } from '../diagnosis/provider-domain.ts';
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import { type Forward, forwardOf } from '../model/forward.ts';
import type {
  FaultReport,
  ProbeConfig,
  ResolvedReport,
  ResolverHealthReport,
  ResolverReport,
  RoundReport,
  Server,
} from '../model/messages.ts';
import { isFailure } from '../model/outcome.ts';
import { isInZone } from '../model/service.ts';
import type { Clock } from './clock.ts';
import { type AskReference, askReference } from './references.ts';
import { type AskCanary, askCanary, ResolverHealths } from './resolver-health.ts';

/** Of all targets at all resolvers; A and AAAA are one. */
const LOOKUPS_PER_SECOND = 3;
/** A target that fails is asked for again after this long ... */
const FAILING_EVERY_MS = 60_000;
/** ... and sooner where resolvers do not agree, since one may have answered from its cache. */
const DIFFERING_EVERY_MS = 10_000;
/** One that does not exist. */
const MISSING_EVERY_MS = 600_000;
/** So many intervals after its last failure a target is forgotten: rounds may alternate. */
const KEPT_INTERVALS = 3;
const LEAST_KEPT_MS = 15_000;
/** Bounds what is kept, and what one domain can have of it. */
const MOST_TARGETS = 2_000;
const MOST_OF_DOMAIN = 50;
/** Lookups that one resolver may have unanswered at once; one that hangs is left out beyond that. */
const MOST_AT_ONCE = 10;
/** Of the resolvers of one zone. */
const MOST_RESOLVERS = 8;

type FromResolvers = ResolverReport | ResolverHealthReport | ResolvedReport | FaultReport;

export interface UpstreamResolverParts {
  readonly clock: Clock;
  readonly report: (message: FromResolvers) => void;
  readonly ask?: AskReference;
  readonly canary?: AskCanary;
}

interface Target {
  readonly name: string;
  readonly domain: string;
  /** Services for which it failed last time, by key. */
  readonly services: Set<string>;
  isMissing: boolean;
  failedAt: number;
  askedAt: number;
  dueAt: number;
  /** By label: whether the last answer was an error. */
  readonly failing: Map<string, boolean>;
}

/**
 * Asks the resolvers that cluster DNS forwards to, for the targets that it does not resolve, and for nothing else: a few a second in
 * all, by turns of the provider domains. They get no name that cluster DNS does not send them.
 */
export class UpstreamResolvers {
  readonly #config: ProbeConfig;
  readonly #clock: Clock;
  readonly #report: (message: FromResolvers) => void;
  readonly #ask: AskReference;
  readonly #healths: ResolverHealths;
  #forwards: readonly Forward[] = [];
  readonly #targets = new Map<string, Target>();
  /** What a Service has failed with, by key. */
  readonly #targetOf = new Map<string, string>();
  /** Domains in the order of their turns, each with its targets in theirs. */
  readonly #domains = new Map<string, Set<Target>>();
  /** Lookups under way, by label of the resolver. */
  readonly #outstanding = new Map<string, number>();
  #cancel: (() => void) | undefined;
  #nextAt = 0;
  #stopped = false;

  constructor(config: ProbeConfig, parts: UpstreamResolverParts) {
    const { clock, report, ask, canary } = parts;
    this.#config = config;
    this.#clock = clock;
    this.#report = (message) => {
      if (!this.#stopped) report(message);
    };
    this.#ask = ask ?? ((server, name) => askReference(config, server, name));
    this.#healths = new ResolverHealths(clock, canary ?? askCanary(config), {
      report: this.#report,
      onFault: (error) => this.#fault(error),
    });
  }

  setForwards(forwards: readonly Forward[]): void {
    this.#forwards = forwards;
    this.#healths.setForwards(forwards);
    for (const target of [...this.#targets.values()]) {
      if (this.#serversFor(target.name).length === 0) this.#drop(target);
    }
  }

  /** A round of a Service has ended, or was left out as nothing answers. */
  round(report: RoundReport): void {
    const { key, target: name } = report;
    if (report.kind === 'converging' || this.#serversFor(name).length === 0) return;
    const state = stateOf(report);
    const known = this.#targetOf.get(key);
    if (known !== undefined && (known !== name || state === undefined)) this.unwatch(key);
    if (state === undefined) return;
    const target = this.#targets.get(name) ?? this.#begin(name);
    if (!target) return;
    const now = this.#clock.now();
    // Answers from before it failed again, or did not exist, say nothing about this failure.
    if (target.services.size === 0 || (target.isMissing && state === 'failing')) {
      const soon = Math.max(now, target.askedAt + DIFFERING_EVERY_MS);
      target.dueAt = Math.min(target.dueAt, soon);
    }
    target.isMissing = state === 'missing';
    target.failedAt = now;
    target.services.add(key);
    this.#targetOf.set(key, name);
    this.#arm();
  }

  unwatch(key: string): void {
    const name = this.#targetOf.get(key);
    if (name === undefined) return;
    this.#targetOf.delete(key);
    this.#targets.get(name)?.services.delete(key);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#healths.stop();
  }

  #serversFor(name: string): readonly Server[] {
    if (this.#forwards.length === 0 || isLiteral(name) || whyNotEncodable(name)) return [];
    if (isInZone(name, this.#config.clusterDomain)) return [];
    return forwardOf(this.#forwards, name)?.servers.slice(0, MOST_RESOLVERS) ?? [];
  }

  #begin(name: string): Target | undefined {
    const domain = providerDomain(name);
    const others = this.#domains.get(domain);
    if (this.#targets.size >= MOST_TARGETS || (others?.size ?? 0) >= MOST_OF_DOMAIN)
      return undefined;
    const now = this.#clock.now();
    const target: Target = {
      name,
      domain,
      services: new Set(),
      isMissing: false,
      failedAt: now,
      askedAt: -Infinity,
      dueAt: now,
      failing: new Map(),
    };
    this.#targets.set(name, target);
    if (others) others.add(target);
    else this.#domains.set(domain, new Set([target]));
    return target;
  }

  #drop(target: Target): void {
    const { name, domain, services } = target;
    for (const key of services) this.#targetOf.delete(key);
    this.#targets.delete(name);
    const others = this.#domains.get(domain);
    others?.delete(target);
    if (others?.size === 0) this.#domains.delete(domain);
    this.#report({ type: 'resolved', targets: [name] });
  }

  #arm(): void {
    if (this.#cancel || this.#stopped || this.#targets.size === 0) return;
    const wait = Math.max(0, this.#nextAt - this.#clock.now());
    this.#cancel = this.#clock.after(wait, () => this.#tick());
  }

  #tick(): void {
    this.#cancel = undefined;
    const now = this.#clock.now();
    const keptMs = Math.max(LEAST_KEPT_MS, KEPT_INTERVALS * this.#config.intervalMs);
    for (const target of [...this.#targets.values()]) {
      const isOver = target.services.size === 0 && now - target.failedAt > keptMs;
      if (isOver) this.#drop(target);
    }
    const next = this.#next(now);
    const asked = next ? this.#askAll(next, now) : 0;
    this.#nextAt = now + (Math.max(1, asked) * 1_000) / LOOKUPS_PER_SECOND;
    this.#arm();
  }

  /** The target whose turn it is; it and its domain then come last. */
  #next(now: number): Target | undefined {
    for (const [domain, targets] of this.#domains) {
      for (const target of targets) {
        if (target.dueAt > now || target.services.size === 0) continue;
        targets.delete(target);
        targets.add(target);
        this.#domains.delete(domain);
        this.#domains.set(domain, targets);
        return target;
      }
    }
    return undefined;
  }

  /** Returns how many lookups have begun. */
  #askAll(target: Target, now: number): number {
    const servers = this.#serversFor(target.name).filter(
      ({ label }) => (this.#outstanding.get(label) ?? 0) < MOST_AT_ONCE,
    );
    const isDiffering = new Set(target.failing.values()).size > 1;
    const everyMs = target.isMissing ? MISSING_EVERY_MS : FAILING_EVERY_MS;
    target.askedAt = now;
    target.dueAt = now + (isDiffering ? DIFFERING_EVERY_MS : everyMs);
    for (const server of servers) {
      this.#count(server, 1);
      void this.#askOne(target, server)
        .catch((error: unknown) => this.#fault(error))
        .finally(() => this.#count(server, -1));
    }
    return servers.length;
  }

  async #askOne(target: Target, server: Server): Promise<void> {
    const { name, services, failing } = target;
    const hop = await this.#ask(server, name);
    const results = Object.values(hop);
    const isFailing = results.some(({ outcome }) => isFailure(outcome));
    await this.#healths.answered(server, results);
    // Another target of this name may have taken its place, and other resolvers that of this one.
    const forward = forwardOf(this.#forwards, name);
    const isCurrent = forward?.servers.some(({ label }) => label === server.label);
    if (this.#targets.get(name) !== target || !forward || !isCurrent) return;
    failing.set(server.label, isFailing);
    if (new Set(failing.values()).size > 1) {
      target.dueAt = Math.min(target.dueAt, this.#clock.now() + DIFFERING_EVERY_MS);
    }
    this.#report({
      type: 'resolver',
      target: name,
      keys: [...services],
      server: server.label,
      zone: forward.zone,
      hop,
      endedAt: this.#clock.now(),
    });
  }

  #count({ label }: Server, step: 1 | -1): void {
    const count = (this.#outstanding.get(label) ?? 0) + step;
    if (count > 0) this.#outstanding.set(label, count);
    else this.#outstanding.delete(label);
  }

  #fault(error: unknown): void {
    this.#report({ type: 'fault', reason: 'resolver', error: String(error) });
  }
}

/** Undefined where the target resolves, or nothing is known of it. */
function stateOf(report: Exclude<RoundReport, { kind: 'converging' }>): State | undefined {
  if (report.kind === 'silent') return report.because === 'upstream_dns' ? 'failing' : undefined;
  const outcomes = Object.values(report.round.target ?? {}).map(({ outcome }) => outcome);
  if (outcomes.some(isFailure)) return 'failing';
  return outcomes.includes('nxdomain') ? 'missing' : undefined;
}

type State = 'failing' | 'missing';
