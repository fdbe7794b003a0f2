import { randomUUID } from 'node:crypto';
import type { Coredns, CorednsOptions } from './coredns.ts';
import type { DnsPath } from './dns-path.ts';
import { newCoredns, type Parts } from './parts.ts';
import type { PodNamespace } from './pod-network.ts';

/** The parts of a {@link Pod}. */
export interface PodSetting {
  readonly name: string;
  readonly place: PodNamespace;
  readonly options: CorednsOptions;
}

/**
 * A pod of cluster DNS. Its address and the sockets for clients are in a separate network
 * namespace, on port 53. The CoreDNS behind them runs on loopback, with its paths to the API server
 * and to the upstreams.
 */
export class Pod {
  readonly name: string;
  /** A UID like that of the API server. */
  readonly uid: string = randomUUID();
  readonly ip: string;
  /** The CoreDNS; if a test cuts `dns.apiLink`, only this pod becomes stale. */
  readonly dns: Coredns;
  /** This pod's own paths to the cluster's upstreams, in order. */
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

  /**
   * Starts one in a namespace, which it then owns; returns once it serves the API server's
   * Services.
   */
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

  /** Its address without the Service, as `host:port`. */
  get address(): string {
    return this.dns.address;
  }

  /** Ends it and removes its address. */
  stop(): Promise<void> {
    return this.#running.disposeAsync();
  }
}
