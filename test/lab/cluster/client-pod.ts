import { asset } from './assets.ts';
import type { PodCluster } from './pod-cluster.ts';
import type { PodNamespace } from './pod-network.ts';
import type { TcpLink } from './tcp-link.ts';

/**
 * A pod for a client of cluster DNS, such as the monitor. It has its own address, routes and rules,
 * behind the same node as the pods of cluster DNS. It reaches the API server at its own loopback,
 * independent of its routes.
 *
 * @example
 * await using pod = await ClientPod.start(cluster);
 * await startMonitor({ ...cluster, kubeconfig: pod.kubeconfig }, [`--listen=${pod.ip}:0`], {}, pod.command(FROM_SOURCES));
 * const undo = await pod.route('unreachable', cluster.network.addresses.vip);
 */
export class ClientPod implements AsyncDisposable {
  readonly ip: string;
  readonly kubeconfig: string;
  readonly #place: PodNamespace;
  readonly #link: TcpLink;

  private constructor(place: PodNamespace, link: TcpLink, kubeconfig: string) {
    this.ip = place.host;
    this.kubeconfig = kubeconfig;
    this.#place = place;
    this.#link = link;
  }

  static async start({ network, api }: PodCluster): Promise<ClientPod> {
    const place = await network.addPod();
    const link = await api.link(place.loopback);
    return new ClientPod(place, link, await api.kubeconfig({ link }));
  }

  /** The command line that runs a program in the pod. */
  command([file = '', ...args]: readonly string[]): string[] {
    return [...this.#place.entering(file), ...args];
  }

  /**
   * Adds a route of this type (`unreachable`, `prohibit`, `blackhole`, `throw`) to an address;
   * returns a function that removes it.
   */
  async route(type: string, address: string): Promise<() => Promise<unknown>> {
    const change = (verb: string) =>
      this.#place.run(asset('ip'), ['route', verb, type, `${address}/32`]);
    await change('add');
    return () => change('delete');
  }

  /**
   * Makes the kernel of this pod refuse to send to an address; returns a function that ends this.
   */
  async refuseToSend(address: string): Promise<() => Promise<unknown>> {
    const rules = (text: string) => this.#place.run(asset('nft'), ['--file', '-'], text);
    const chain = 'chain output { type filter hook output priority filter;';
    await rules(`table ip client { ${chain} ip daddr ${address} drop\n}\n}`);
    return () => rules('delete table ip client');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link.refuse();
    await this.#place.stop();
  }
}
