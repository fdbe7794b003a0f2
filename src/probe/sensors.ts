import { Loss } from '../diagnosis/loss.ts';
import { isOwnFailure, isUnanswered } from '../diagnosis/outcomes.ts';
import type { OpenAsker } from '../dns/resolver.ts';
import type { ProbeConfig, SensorReport, Server } from '../model/messages.ts';
import { isFailure, servesZone } from '../model/outcome.ts';
import type { QueryResult } from '../model/round.ts';
import { controlName } from '../model/service.ts';
import { isSilent } from './breaker.ts';
import type { Clock } from './clock.ts';

/** However many rounds meet silence, no server gets a sensor's query more often than this. */
const LEAST_MS = 400;

export type Sensor = SensorReport['type'];

export interface SensorHooks {
  readonly report: (report: SensorReport) => void;
  /** Called with each query as soon as it has ended, before it is confirmed. */
  readonly onResult: (sensor: Sensor, server: Server, result: QueryResult) => void;
  /** How long to wait for the next one, in milliseconds. */
  readonly pauseMs: () => number;
  readonly onFault: (error: unknown) => void;
}

interface Asked {
  readonly server: Server;
  /** The upstream sensor counts only once it has worked: a network may have no root. */
  hasWorked: boolean;
  readonly failing: Record<Sensor, boolean>;
  readonly busy: Record<Sensor, boolean>;
  /** It did not reply to the last control query, nor to anything since. */
  silent: boolean;
  lastAt: number;
}

/**
 * Two queries to every server in each interval. `control` is answered by cluster DNS itself: it tells a wrong cluster domain
 * from a fault, and which servers are there at all. `upstream` must be forwarded, and says whether a server gets answers
 * from outside, whatever becomes of single targets.
 */
export class Sensors {
  readonly #config: ProbeConfig;
  readonly #clock: Clock;
  readonly #open: OpenAsker;
  readonly #hooks: SensorHooks;
  /** By label. */
  #asked: ReadonlyMap<string, Asked>;
  readonly #loss = new Loss();
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(config: ProbeConfig, clock: Clock, open: OpenAsker, hooks: SensorHooks) {
    this.#config = config;
    this.#clock = clock;
    this.#open = open;
    this.#hooks = hooks;
    this.#asked = new Map(config.servers.map((server) => [server.label, askedOf(server)]));
  }

  /** Servers that are asked beside those that pods ask; those that are known keep their state. */
  setOthers(others: readonly Server[]): void {
    const all = [...this.#config.servers, ...others];
    const known = this.#asked;
    this.#asked = new Map(
      all.map((server) => [server.label, known.get(server.label) ?? askedOf(server)]),
    );
    this.ask();
  }

  /** Whether a server's last query failed; of the upstream sensor, only once it has worked. */
  isFailing(sensor: Sensor, server: string): boolean {
    return this.#asked.get(server)?.failing[sensor] ?? false;
  }

  /** Whether a server does not answer, does not forward, or loses messages on the way. */
  isBad(server: string): boolean {
    const isFailing = this.isFailing('control', server) || this.isFailing('upstream', server);
    return isFailing || this.#loss.lossy(this.#clock.now()).has(server);
  }

  /** Whether a server is silent, so that it forwards nothing either. */
  isSilent(server: string): boolean {
    return this.#asked.get(server)?.silent ?? false;
  }

  /** The alias hop of a round has ended: cluster DNS answers it from memory. */
  alias(result: QueryResult): void {
    this.#loss.observe(result, this.#clock.now());
    if (!isUnanswered(result)) this.replied(result.server);
  }

  /** A server has replied to something. */
  replied(server: string): void {
    const asked = this.#asked.get(server);
    if (asked) asked.silent = false;
  }

  /** Whether the upstream sensor says something of a server. */
  hasUpstream(server: string): boolean {
    return this.#asked.get(server)?.hasWorked ?? false;
  }

  /** Asks every server now, but those that are being asked or were just before; the next time follows by itself. */
  ask(): void {
    if (this.#stopped) return;
    const now = this.#clock.now();
    this.#cancel();
    this.#cancel = this.#clock.after(this.#hooks.pauseMs(), () => this.ask());
    for (const asked of this.#asked.values()) {
      if (now - asked.lastAt < LEAST_MS) continue;
      asked.lastAt = now;
      void this.#askBoth(asked).catch(this.#hooks.onFault);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #askBoth(asked: Asked): Promise<void> {
    const isDone = await this.#run(asked, 'control');
    // What a server that fails itself does not get from outside says nothing of the outside.
    const isAsked = isDone && !asked.failing.control && this.#config.upstreamCanary !== '';
    if (isAsked) await this.#run(asked, 'upstream');
  }

  /** Returns whether it was asked: not twice at once. */
  async #run(asked: Asked, sensor: Sensor): Promise<boolean> {
    if (asked.busy[sensor]) return false;
    asked.busy[sensor] = true;
    try {
      await this.#query(asked, sensor);
      return true;
    } finally {
      asked.busy[sensor] = false;
    }
  }

  async #query(asked: Asked, sensor: Sensor): Promise<void> {
    const { server } = asked;
    const ask = async (): Promise<QueryResult> => {
      const result = await askSensor(sensor, this.#open, { ...this.#config, servers: [server] });
      if (!saysNothing(sensor, result)) this.#hooks.onResult(sensor, server, result);
      return result;
    };
    let result = await ask();
    let earlier: QueryResult | undefined;
    // A server that is said to fail concerns every Service: that is confirmed.
    if (isFailing(sensor, result) && !asked.failing[sensor]) {
      earlier = result;
      result = await ask();
    }
    if (this.#stopped || this.#asked.get(server.label) !== asked || isOwnFailure(result)) return;
    const fails = isFailing(sensor, result);
    if (sensor === 'upstream') {
      asked.hasWorked ||= !fails;
      if (!asked.hasWorked) return;
    }
    if (!saysNothing(sensor, result)) asked.failing[sensor] = fails;
    if (sensor === 'control') asked.silent = isSilent(result);
    this.#hooks.report({
      type: sensor,
      server: server.label,
      result,
      ...(earlier ? { earlier } : {}),
      endedAt: this.#clock.now(),
    });
  }
}

/** Any answer shows that the way to the outside works, whatever it says of the name. */
function isFailing(sensor: Sensor, { outcome }: QueryResult): boolean {
  return sensor === 'control' ? !servesZone(outcome) : isFailure(outcome);
}

/** About the outside, REFUSED says nothing. It may be the server's own: CoreDNS past its limit of forwarded queries (`forward`, max_concurrent). */
function saysNothing(sensor: Sensor, result: QueryResult): boolean {
  return isOwnFailure(result) || (sensor === 'upstream' && result.outcome === 'refused');
}

/** A sensor's query once, at these servers in their order; never rejects. */
export async function askSensor(
  sensor: Sensor,
  open: OpenAsker,
  config: Pick<
    ProbeConfig,
    'servers' | 'timeoutMs' | 'attempts' | 'clusterDomain' | 'upstreamCanary' | 'stub'
  >,
): Promise<QueryResult> {
  const asker = open(config);
  try {
    return await asker.ask(
      sensor === 'control'
        ? { name: controlName(config.clusterDomain), type: 'A' }
        : { name: config.upstreamCanary, type: 'NS' },
      { edns: false },
    );
  } finally {
    asker.close();
  }
}

function askedOf(server: Server): Asked {
  return {
    server,
    hasWorked: false,
    failing: { control: false, upstream: false },
    busy: { control: false, upstream: false },
    silent: false,
    lastAt: -Infinity,
  };
}
