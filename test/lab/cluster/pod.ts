import { randomUUID } from 'node:crypto';
import type { Coredns, CorednsOptions } from './coredns.ts';
import type { DnsPath } from './dns-path.ts';
import { newCoredns, type Parts } from './parts.ts';
import type { PodNamespace } from './pod-network.ts';

/** What a {@link Pod} is made from. */
export interface PodSetting {
  readonly name: string;
  readonly place: PodNamespace;
  readonly options: CorednsOptions;
}

/**
 * A pod of cluster DNS: its address is in a network namespace of its own, on port 53, and so are the
 * sockets that clients meet there. The CoreDNS that answers behind them runs on loopback, where its ways
 * to the API server and to the upstreams are.
 */
export class Pod {
  readonly name: string;
  /** As the API server would have given it. */
  readonly uid: string = randomUUID();
  readonly ip: string;
  /** The CoreDNS; `dns.apiLink` cut off, this pod alone goes stale. */
  readonly dns: Coredns;
  /** This pod's own ways to the cluster's upstreams, in their order. */
  readonly forwarders: readonly DnsPath[];
  readonly #running: AsyncDisposableStack;

  private constructor(
    { name, place }: PodSetting,
    dns: Coredns,
    forwarders: readonly DnsPath[],
    running: AsyncDisposableStack,
  ) {
    this.name = name;
    this.ip = place.host;
    this.dns = dns;
    this.forwarders = forwarders;
    this.#running = running;
  }

  /** Starts one in a namespace that it takes over; returns once it serves what the API server holds. */
  static async start(parts: Parts, setting: PodSetting): Promise<Pod> {
    await using starting = new AsyncDisposableStack();
    const { name, options, place } = setting;
    starting.defer(() => place.stop());
    const forwarders: DnsPath[] = [];
    for (const upstream of parts.upstreams) {
      const way = starting.adopt(await upstream.ownWay(), (it) => it.close());
      forwarders.push(way.path);
    }
    const upstreams = forwarders.map(({ address }) => address);
    const dns = await newCoredns(starting, parts, { name, options, upstreams, pod: place });
    await dns.start();
    return new Pod(setting, dns, forwarders, starting.move());
  }

  /** Where it can be asked past the Service, as `host:port`. */
  get address(): string {
    return this.dns.address;
  }

  /** Ends it, and with it its address. */
  stop(): Promise<void> {
    return this.#running.disposeAsync();
  }
}
