import { hasAddress } from '../diagnosis/outcomes.ts';
import { isGood, symptomOf } from '../diagnosis/verdict.ts';
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type { Asker } from '../dns/resolver.ts';
import type { JudgedReport, ProbeConfig, Server } from '../model/messages.ts';
import { isFailure, kindOf } from '../model/outcome.ts';
import type { AddressHop, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Release } from './budget.ts';
import { pause } from './clock.ts';
import { isConfirmed } from './confirm.ts';
import type { Core } from './core.ts';
import { type RoundBody, runRound, type TargetHop } from './round.ts';
import type { Sensors } from './sensors.ts';
import type { Silences } from './silences.ts';
import type { SingleServers } from './single-servers.ts';
import { SharedTargets } from './targets.ts';
import { endOf, forwardedTo, type Past, type Watched } from './watched.ts';

/** A new failure is asked again after this long, before it is believed. */
export const CONFIRM_AFTER_MS = 1_000;
/** So many rounds in a row whose target was answered only without EDNS: the way loses it, and it is left out ... */
const ROUNDS_WITHOUT_EDNS = 3;
/** Of rounds in which only EDNS got no reply, and another server then answered: more, since single messages are lost by chance. */
const ROUNDS_ELSEWHERE = 10;
/** ... for so long. */
const WITHOUT_EDNS_MS = 600_000;

interface ConfirmedRound {
  readonly round: Round;
  readonly targetShared: boolean;
  readonly symptom: Verdict;
}

interface Permits {
  readonly take: (server: Server) => Release | Promise<Release>;
  /** Of the first permit, if it was not used. */
  readonly giveBack: () => void;
}

/** Asks about Services, and once more where the answer is bad news; keeps what their targets answered. */
export class Rounds {
  readonly #core: Core;
  readonly #silences: Silences;
  readonly #sensors: Sensors;
  readonly #singles: SingleServers;
  readonly #targets = new SharedTargets();
  #withoutEdns = 0;
  #elsewhere = 0;
  #withoutEdnsUntil = -Infinity;

  constructor(core: Core, silences: Silences, sensors: Sensors, singles: SingleServers) {
    this.#core = core;
    this.#silences = silences;
    this.#sensors = sensors;
    this.#singles = singles;
  }

  /** Services with this Service's target may be answered together from now on. */
  watch(spec: ServiceSpec): void {
    this.#targets.add(spec);
  }

  /** As it was last watched. */
  unwatch(spec: ServiceSpec): void {
    this.#targets.remove(spec);
  }

  /** A Service's turn, which was due at `dueAt`; undefined if it has been ended meanwhile, and there is nothing to report. */
  async run(watched: Watched, ending: AbortSignal, dueAt: number): Promise<RoundBody | undefined> {
    const { clock, skip } = this.#core;
    const { spec, past } = watched;
    const delaySeconds = Math.max(0, clock.now() - dueAt) / 1000;
    if (whyNotEncodable(spec.target)) return judged({ delaySeconds });
    const silence = this.#silences.of(watched);
    // A Service is a sample only after the silence has been reported for it: that must not wait for timeouts.
    const isSample =
      past.silence !== undefined && past.silence === silence && this.#silences.takeSample(silence);
    const earlier: Round[] = [];
    if (silence && !isSample) {
      skip('silent');
      return this.#cut(watched, past, earlier);
    }
    const { symptom: before, converging } = past;
    let confirmed = await this.#confirmed(watched, ending, earlier);
    if (!confirmed) return this.#cut(watched, past, earlier);
    const isBad = !isGood(confirmed.symptom);
    const isTurn = before === undefined ? isBad : isGood(before) === isBad;
    let singles: JudgedReport['singles'] = [];
    if (isTurn && !converging) {
      // Before it is reported as worse, or as better: it may be one of several servers alone.
      const all = await this.#singles.askAll(watched, isBad);
      singles = all.singles;
      if (all.allServe && isBad) {
        // All of them serve it: what was bad has recovered meanwhile, or lies between us and them.
        earlier.push(ownOf(confirmed));
        confirmed = await this.#confirmed(watched, ending, earlier);
        if (!confirmed) return this.#cut(watched, past, earlier);
      }
    } else if (!converging) singles = await this.#singles.askOne(watched, confirmed.round);
    if (watched.past !== past) return undefined;
    this.#learn(watched, confirmed);
    return judged({
      round: confirmed.round,
      earlier,
      targetShared: confirmed.targetShared,
      converging: clock.now() < (watched.deadline?.until ?? 0),
      failingServers: this.#singles.failing(watched),
      singles,
      delaySeconds,
    });
  }

  /** What is reported where a silence keeps a Service from being asked about, or cuts that short. */
  #cut(watched: Watched, past: Past, earlier: readonly Round[]): RoundBody | undefined {
    const because = this.#silences.of(watched);
    if (watched.past !== past || !because) return undefined;
    past.silence = because;
    return { kind: 'silent', because, earlier };
  }

  /** Keeps what the next round of a Service depends on. */
  #learn(watched: Watched, { round, symptom }: ConfirmedRound): void {
    const { clock, config } = this.#core;
    const { past, spec, deadline } = watched;
    past.symptom = symptom;
    if (round.alias?.outcome === 'ok' && deadline) deadline.isServed = true;
    past.silence = undefined;
    const end = endOf(spec, round, config.clusterDomain);
    if (end !== undefined) past.leadsTo = end;
    const ttls = Object.values(round.app ?? {}).flatMap(({ outcome, ttl }) =>
      outcome === 'ok' ? [ttl ?? 0] : [],
    );
    past.cachedUntil = ttls.length > 0 ? clock.now() + Math.min(...ttls) * 1000 : 0;
  }

  /**
   * A round that is believed; undefined if a silence cut it short, or the Service went away or was edited. Rounds that
   * are not believed are added to `earlier`.
   */
  async #confirmed(
    watched: Watched,
    ending: AbortSignal,
    earlier: Round[],
  ): Promise<ConfirmedRound | undefined> {
    const { clock, config } = this.#core;
    const { spec, past } = watched;
    for (;;) {
      const isFirst = earlier.length === 0;
      const hops = isFirst ? this.#hopsOf(past) : 'all';
      const sharedTarget = isFirst && hops === 'all' ? this.#sharedTarget(watched) : undefined;
      const round = await this.#round(watched, hops, sharedTarget, ending);
      if (!round || watched.past !== past) return undefined;
      const symptom = symptomOf(spec, round);
      const confirmed = { round, targetShared: sharedTarget !== undefined, symptom };
      const own = ownOf(confirmed);
      this.#noteEdns(own);
      if (this.#hasWaited(own)) this.#sensors.ask();
      this.#silences.round(watched, own);
      const isOver = this.#silences.of(watched) !== undefined;
      if (!isOver && isConfirmed(past, [...earlier, round], symptom, own, config.timeoutMs)) {
        const { target, withoutEdns } = own;
        if (target)
          this.#targets.set(spec, { target, ...(withoutEdns ? { withoutEdns } : {}) }, clock.now());
        return confirmed;
      }
      earlier.push(own);
      if (isOver) return undefined;
      // By the time that the bad news is confirmed, the sensors have said whether it concerns others as well.
      if (isFirst) this.#sensors.ask();
      await pause(clock, CONFIRM_AFTER_MS);
    }
  }

  /** What is lost on the way with every query is waited for only now and then. */
  #noteEdns({ app, target, withoutEdns }: Round): void {
    const now = this.#core.clock.now();
    if (now < this.#withoutEdnsUntil || !hasAddress(target, ['ipv4', 'ipv6'])) return;
    this.#withoutEdns = withoutEdns ? this.#withoutEdns + 1 : 0;
    this.#elsewhere = hasLost(target) && !hasLost(app) ? this.#elsewhere + 1 : 0;
    const isLost = this.#withoutEdns >= ROUNDS_WITHOUT_EDNS || this.#elsewhere >= ROUNDS_ELSEWHERE;
    if (isLost) this.#withoutEdnsUntil = now + WITHOUT_EDNS_MS;
  }

  /** A server that is not known to be bad gave no answer, and another one did. */
  #hasWaited({ app }: Round): boolean {
    return Object.values(app ?? {}).some(
      ({ outcome, exchanges }) =>
        outcome === 'ok' &&
        exchanges.some(({ server, outcome }) => isFailure(outcome) && !this.#sensors.isBad(server)),
    );
  }

  #sharedTarget(watched: Watched): TargetHop | undefined {
    const isAsked = !isLiteral(watched.spec.target);
    return isAsked ? this.#targets.get(watched, this.#core.clock.now()) : undefined;
  }

  /** The other hops tell why, which is asked once there is something to ask about. */
  #hopsOf({ symptom }: Past): ProbeConfig['hops'] {
    return symptom === undefined || isGood(symptom) ? this.#core.config.hops : 'all';
  }

  /** Undefined where it was given up before it began. */
  async #round(
    watched: Watched,
    hops: ProbeConfig['hops'],
    sharedTarget: TargetHop | undefined,
    ending: AbortSignal,
  ): Promise<Round | undefined> {
    const { config, clock, open, budget } = this.#core;
    const { spec, past } = watched;
    const { clusterDomain } = config;
    const domain = forwardedTo(watched, clusterDomain);
    const permits = domain === undefined ? undefined : await this.#permits(domain, ending);
    let asker: Asker | undefined;
    const close = (): void => asker?.close();
    try {
      if (ending.aborted) return undefined;
      asker = open({ ...config, servers: this.#servers() });
      ending.addEventListener('abort', close);
      return await runRound(asker, spec, {
        clusterDomain,
        hops,
        // What hangs costs least where the app hop comes first.
        first: watched.rounds++ % 2 === 0 || budget.isBusy ? 'app' : 'target',
        edns: () => clock.now() >= this.#withoutEdnsUntil,
        isTargetFailing: past.symptom === 'target_failing',
        onAlias: (alias) => {
          this.#sensors.alias(alias);
          // What is no longer waited for says nothing of cluster DNS.
          if (!ending.aborted) this.#silences.alias(alias);
        },
        permit: permits?.take,
        sharedTarget,
      });
    } finally {
      ending.removeEventListener('abort', close);
      close();
      permits?.giveBack();
    }
  }

  /**
   * In their order; while permits are scarce, servers that let rounds wait come last. A silent one takes no permits, and
   * its first reply has to be seen at once.
   */
  #servers(): readonly Server[] {
    const { config, budget } = this.#core;
    if (!budget.isBusy) return config.servers;
    const isLast = ({ label }: Server): number =>
      this.#sensors.isBad(label) && !this.#sensors.isSilent(label) ? 1 : 0;
    return config.servers.toSorted((a, b) => isLast(a) - isLast(b));
  }

  /** The first permit is taken before a socket is opened: of a domain that hangs, many rounds may wait here. */
  async #permits(domain: string, ending: AbortSignal): Promise<Permits> {
    const { budget } = this.#core;
    let first: Release | undefined =
      budget.tryTake(domain) ?? (await budget.take(domain, true, ending));
    return {
      take: (server) => {
        // A server that is silent forwards nothing either, until it has replied to something.
        if (this.#sensors.isSilent(server.label))
          return (replied) => {
            if (replied) this.#sensors.replied(server.label);
          };
        const taken = first;
        first = undefined;
        return taken ?? budget.tryTake(domain) ?? budget.take(domain, false, ending);
      },
      giveBack: () => first?.(),
    };
  }
}

/** A message got no reply. */
function hasLost(hop: AddressHop | undefined): boolean {
  return Object.values(hop ?? {}).some(({ exchanges }) =>
    exchanges.some(({ outcome }) => kindOf(outcome) === 'silence'),
  );
}

/** A round without the hop that another Service asked: its queries are counted there. */
function ownOf({ round, targetShared }: ConfirmedRound): Round {
  const { target: _shared, withoutEdns: _types, ...rest } = round;
  return targetShared ? rest : round;
}

function judged(change: Partial<JudgedReport>): RoundBody {
  return {
    kind: 'judged',
    round: {},
    earlier: [],
    targetShared: false,
    converging: false,
    failingServers: [],
    singles: [],
    delaySeconds: 0,
    ...change,
  };
}
