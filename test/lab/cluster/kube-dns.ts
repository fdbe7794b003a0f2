import { setTimeout as sleep } from 'node:timers/promises';
import type { CorednsOptions } from './coredns.ts';
import {
  type Conditions,
  type Endpoint,
  endpointSlice,
  kubeDnsService,
  vipEndpoints,
} from './endpoint-slice.ts';
import type { Parts } from './parts.ts';
import { Pod } from './pod.ts';
import type { PodNetwork } from './pod-network.ts';
import { until } from './until.ts';

const ready: Conditions = { ready: true, serving: true, terminating: false };
const notReady: Conditions = { ready: false, serving: false, terminating: false };
const terminating: Conditions = { ready: false, serving: true, terminating: true };

/**
 * The Service kube-dns and its pods. It does the work of Kubernetes around them: when a test
 * changes a pod, the endpoints in the API server and the routing of the cluster IP change
 * immediately. There is no health check: a pod that a test breaks stays among the endpoints until
 * the test changes that.
 */
export class KubeDns {
  readonly #parts: Parts;
  readonly #network: PodNetwork;
  readonly #options: CorednsOptions;
  readonly #conditions = new Map<Pod, Conditions>();
  #serviceUid: string | undefined;
  #wanted = 0;
  #podsMade = 0;

  private constructor(parts: Parts, network: PodNetwork, options: CorednsOptions) {
    this.#parts = parts;
    this.#network = network;
    this.#options = options;
  }

  /** Starts it with one pod per item of `pods`; the pod's options override the common `options`. */
  static async start(
    parts: Parts,
    network: PodNetwork,
    options: CorednsOptions,
    pods: readonly CorednsOptions[],
  ): Promise<KubeDns> {
    await using starting = new AsyncDisposableStack();
    const kubeDns = starting.adopt(new KubeDns(parts, network, options), (it) => it.stop());
    const service = kubeDnsService(network.addresses.vip);
    // The API server creates the namespace a moment after its start.
    const created = await until('kube-dns created', () => parts.kube.create(service));
    kubeDns.#serviceUid = created.metadata.uid;
    kubeDns.#wanted = pods.length;
    for (const own of pods) await kubeDns.add(own);
    starting.move();
    return kubeDns;
  }

  /** All running pods, oldest first. */
  get pods(): readonly Pod[] {
    return [...this.#conditions.keys()];
  }

  /** Adds a pod; returns once it serves and is among the endpoints. */
  async add(options: CorednsOptions = {}): Promise<Pod> {
    const name = `coredns-${this.#podsMade++}`;
    const place = await this.#network.addPod();
    const all = { ...this.#options, ...options };
    const pod = await Pod.start(this.#parts, { name, place, options: all });
    await this.#set(pod, ready);
    return pod;
  }

  /** Sets the result of a pod's readiness probe: no client is routed to a pod that is not ready. */
  setReady(pod: Pod, isReady: boolean): Promise<void> {
    return this.#set(pod, isReady ? ready : notReady);
  }

  /**
   * Marks a pod as terminating: clients are routed to it only if no other pod is ready; it still
   * serves.
   */
  terminate(pod: Pod): Promise<void> {
    return this.#set(pod, terminating);
  }

  /**
   * Removes a pod like Kubernetes: terminates it, lets it serve for the time of its `lameduck` (5 s
   * in kubeadm), ends it, and then removes it from the endpoints.
   */
  async remove(pod: Pod, lameDuckMs = 0): Promise<void> {
    await this.terminate(pod);
    await sleep(lameDuckMs);
    await pod.stop();
    this.#conditions.delete(pod);
    await this.#publish();
  }

  /** Replaces all pods, one at a time, like a rollout: each by a new one with `options`. */
  async roll(options: CorednsOptions = {}, lameDuckMs = 0): Promise<void> {
    for (const old of this.pods) {
      await this.add(options);
      await this.remove(old, lameDuckMs);
    }
  }

  /** Makes every repaired pod ready, and adds missing pods. */
  async mend(): Promise<void> {
    for (const pod of this.pods) {
      for (const forwarder of pod.forwarders) forwarder.restore();
      this.#conditions.set(pod, ready);
    }
    await this.#publish();
    while (this.#conditions.size < this.#wanted) await this.add();
  }

  /** Ends all pods. */
  async stop(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.stop()));
    this.#conditions.clear();
  }

  async #set(pod: Pod, conditions: Conditions): Promise<void> {
    this.#conditions.set(pod, conditions);
    await this.#publish();
  }

  async #publish(): Promise<void> {
    const endpoints = [...this.#conditions].map(
      ([{ ip, name, uid }, conditions]): Endpoint => ({
        ip,
        podName: name,
        podUid: uid,
        conditions,
      }),
    );
    await this.#network.lead(vipEndpoints(endpoints));
    await this.#parts.kube.apply(endpointSlice(this.#serviceUid, endpoints));
  }
}
