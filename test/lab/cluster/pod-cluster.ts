import { ask } from './ask.ts';
import type { Cluster } from './cluster.ts';
import { type CorednsOptions, controlName } from './coredns.ts';
import { KubeDns } from './kube-dns.ts';
import { first, mendParts, type PartsOptions, startParts } from './parts.ts';
import type { Pod } from './pod.ts';
import { PodNetwork } from './pod-network.ts';
import { until } from './until.ts';

/** Options of a cluster with DNS pods that have their own addresses. */
export interface PodClusterOptions extends Omit<PartsOptions, 'serviceRange'> {
  /** For every CoreDNS. */
  readonly coredns?: CorednsOptions;
  /**
   * One item per pod of cluster DNS, with its own options; two pods by default, the same as in
   * kubeadm.
   */
  readonly pods?: readonly CorednsOptions[];
}

/**
 * A {@link Cluster} with CoreDNS pods behind the Service kube-dns, like kubeadm. Each pod listens on
 * port 53 of an address in a separate network namespace. The Service's cluster IP routes each new
 * flow to a random pod. The client's port decides, so one connected socket stays with one pod.
 *
 * ```
 *                                ┌─ pods[0] ▸ CoreDNS ─ pods[0].forwarders ▸ upstream
 * monitor ─ node ─ vip ─ by port ┤
 *                                └─ pods[1] ▸ CoreDNS ─ pods[1].forwarders ▸ upstream
 * ```
 *
 * @example
 * await using cluster = await startPodCluster({ upstreams: 2 });
 * const [one, two] = cluster.pods;
 * one.dns.apiLink.cutOff(); // becomes stale
 * two.forwarders[0].cutOff(); // has no upstream
 * await cluster.network.block({ transport: 'tcp' });
 * await cluster.network.block({ client: cluster.network.addresses.monitor });
 * await cluster.kubeDns.roll();
 * await ask(cluster.vip, name, 'A', { from: cluster.network.addresses.bystander });
 */
export interface PodCluster extends Cluster {
  /** The Service's cluster IP, as `host:port`; also {@link Cluster.clusterDns}. */
  readonly vip: string;
  /** The running pods, oldest first. */
  readonly pods: readonly Pod[];
  /** The Service: it adds and removes pods. */
  readonly kubeDns: KubeDns;
  /** The network between clients and pods: packets are dropped here. */
  readonly network: PodNetwork;
}

/**
 * Starts one; returns once cluster DNS answers at the cluster IP.
 *
 * @throws Error if a part does not start, with its name and output. No process is left running.
 */
export async function startPodCluster(options: PodClusterOptions = {}): Promise<PodCluster> {
  await using starting = new AsyncDisposableStack();
  const network = starting.adopt(await PodNetwork.create(), (it) => it.stop());
  const { serviceRange } = network.addresses;
  const parts = await startParts(starting, { ...options, serviceRange });
  const { coredns = {}, pods = [{}, {}] } = options;
  const kubeDns = starting.adopt(await KubeDns.start(parts, network, coredns, pods), (it) =>
    it.stop(),
  );
  const vip = `${network.addresses.vip}:53`;
  await until('an answer at the cluster IP', () => ask(vip, controlName(coredns)));
  const servers = () => kubeDns.pods.map(({ dns }) => dns);
  const running = starting.move();
  return {
    ...parts,
    clusterDns: vip,
    vip,
    kubeDns,
    network,
    get pods() {
      return kubeDns.pods;
    },
    get servers() {
      return servers();
    },
    get dns() {
      return first(servers());
    },
    mend: async () => {
      await network.unblock();
      await mendParts(parts, servers());
      await kubeDns.mend();
    },
    stop: () => running.disposeAsync(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
