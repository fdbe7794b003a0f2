import { Resolver } from '../dns/resolver.ts';
import type { ControlReport, ProbeConfig, Server } from '../model/messages.ts';
import type { QueryResult } from '../model/round.ts';

/** However many rounds meet silence, no server gets the control query more often than this. */
const LEAST_MS = 400;

export interface ControlHooks {
  readonly report: (report: ControlReport) => void;
  /** Hears of the servers that pods ask as soon as each has answered, or has not. */
  readonly onMain: (server: string, result: QueryResult) => void;
  /** How long to wait for the next one, in milliseconds. */
  readonly pauseMs: () => number;
}

interface Asked {
  readonly server: Server;
  readonly isMain: boolean;
  isFailing: boolean;
  isUnderWay: boolean;
  lastAt: number;
}

/**
 * The control query to every server, `A kubernetes.default.svc.<cluster-domain>`, which each cluster
 * has: tells our own misconfiguration from a fault, and which servers are there at all.
 */
export class Control {
  readonly #config: ProbeConfig;
  readonly #hooks: ControlHooks;
  /** By label. */
  #asked: ReadonlyMap<string, Asked>;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(config: ProbeConfig, hooks: ControlHooks) {
    this.#config = config;
    this.#hooks = hooks;
    this.#asked = new Map(config.servers.map((server) => [server.label, askedOf(server, true)]));
  }

  /** Servers that are asked beside those that pods ask; those that are known keep their state. */
  setOthers(others: readonly Server[]): void {
    const main = this.#config.servers.map(({ label }) => label);
    const all = [...main, ...others.map(({ label }) => label)];
    const known = this.#asked;
    this.#asked = new Map([
      ...[...known].filter(([label]) => all.includes(label)),
      ...others
        .filter(({ label }) => !known.has(label))
        .map((server) => [server.label, askedOf(server, false)] as const),
    ]);
    this.ask();
  }

  /** Whether a server's last control query failed. */
  isFailing(server: string): boolean {
    return this.#asked.get(server)?.isFailing ?? false;
  }

  /** Asks every server now, but those that are being asked or were just before; the next time follows by itself. */
  ask(): void {
    if (this.#stopped) return;
    const now = Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), this.#hooks.pauseMs());
    for (const asked of this.#asked.values()) {
      if (!asked.isUnderWay && now - asked.lastAt >= LEAST_MS) void this.#askOne(asked, now);
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #askOne(asked: Asked, now: number): Promise<void> {
    asked.isUnderWay = true;
    asked.lastAt = now;
    let result = await this.#query(asked);
    let unconfirmed: QueryResult | undefined;
    // A server that is said to fail makes every Service degraded: that wants a second look.
    if (result.outcome !== 'ok' && !asked.isFailing) {
      unconfirmed = result;
      result = await this.#query(asked);
    }
    asked.isUnderWay = false;
    asked.isFailing = result.outcome !== 'ok';
    const { label } = asked.server;
    if (this.#asked.get(label) !== asked) return;
    this.#hooks.report({
      type: 'control',
      server: label,
      result,
      ...(unconfirmed ? { unconfirmed } : {}),
      endedAt: Date.now(),
    });
  }

  async #query({ server, isMain }: Asked): Promise<QueryResult> {
    const result = await askControl({ ...this.#config, servers: [server] });
    if (isMain) this.#hooks.onMain(server.label, result);
    return result;
  }
}

/** The control query once, at these servers in their order; never rejects. */
export async function askControl(
  config: Pick<ProbeConfig, 'servers' | 'timeoutMs' | 'attempts' | 'clusterDomain'>,
): Promise<QueryResult> {
  const resolver = new Resolver(config);
  const name = `kubernetes.default.svc.${config.clusterDomain}`;
  const result = await resolver.ask({ name, type: 'A' }, true);
  resolver.close();
  return result;
}

function askedOf(server: Server, isMain: boolean): Asked {
  return { server, isMain, isFailing: false, isUnderWay: false, lastAt: 0 };
}
