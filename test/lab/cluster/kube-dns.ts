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
 * The Service kube-dns and its pods. It does what Kubernetes does around them: its endpoints in the API
 * server and the way that its cluster IP leads change at once with what a test says of the pods. Nobody
 * looks after their health: a pod that a test breaks stays among the endpoints until the test says more.
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

  /** Starts it with one pod for each of `pods`, whose options come over those of all, `options`. */
  static async start(
    parts: Parts,
    network: PodNetwork,
    options: CorednsOptions,
    pods: readonly CorednsOptions[],
  ): Promise<KubeDns> {
    await using starting = new AsyncDisposableStack();
    const kubeDns = starting.adopt(new KubeDns(parts, network, options), (it) => it.stop());
    const service = kubeDnsService(network.addresses.vip);
    // The API server makes the namespace a moment after its start.
    const created = await until('kube-dns created', () => parts.kube.create(service));
    kubeDns.#serviceUid = created.metadata.uid;
    kubeDns.#wanted = pods.length;
    for (const own of pods) await kubeDns.add(own);
    starting.move();
    return kubeDns;
  }

  /** All that run, the oldest first. */
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

  /** What the readiness probe would say of a pod: no client is led to one that is not ready. */
  setReady(pod: Pod, isReady: boolean): Promise<void> {
    return this.#set(pod, isReady ? ready : notReady);
  }

  /** A pod is to end: no client is led to it unless no other is ready; it still serves. */
  terminate(pod: Pod): Promise<void> {
    return this.#set(pod, terminating);
  }

  /**
   * Removes a pod as Kubernetes does: terminates it, lets it serve for as long as its `lameduck` says
   * (5 s at kubeadm's), ends it, and then takes it out of the endpoints.
   */
  async remove(pod: Pod, lameDuckMs = 0): Promise<void> {
    await this.terminate(pod);
    await sleep(lameDuckMs);
    await pod.stop();
    this.#conditions.delete(pod);
    await this.#publish();
  }

  /** Replaces all pods, one at a time, as a rollout does: each by a new one with `options`. */
  async roll(options: CorednsOptions = {}, lameDuckMs = 0): Promise<void> {
    for (const old of this.pods) {
      await this.add(options);
      await this.remove(old, lameDuckMs);
    }
  }

  /** Makes every pod ready whose parts have been mended, and adds those that are missing. */
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
