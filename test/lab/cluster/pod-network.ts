import type { Socket } from 'node:dgram';
import type { Server } from 'node:net';
import { asset } from './assets.ts';
import { command } from './command.ts';
import { NetNamespace } from './net-namespace.ts';
import type { Place } from './place.ts';
import { type PodAddresses, podAddresses, slots } from './pod-addresses.ts';
import { loopback } from './ports.ts';
import { type Block, vipRules } from './vip-rules.ts';

/** A pod's network namespace, with one address, which is its {@link Place}. */
export class PodNamespace implements Place {
  readonly host: string;
  readonly #namespace: NetNamespace;
  readonly #node: NetNamespace;
  readonly #vip: string;

  constructor(host: string, namespace: NetNamespace, node: NetNamespace, vip: string) {
    this.host = host;
    this.#namespace = namespace;
    this.#node = node;
    this.#vip = vip;
  }

  udp(port: number): Promise<Socket> {
    return this.#namespace.udp(this.host, port);
  }

  tcp(port: number): Promise<Server> {
    return this.#namespace.tcp(this.host, port);
  }

  /** The pod's own loopback, for programs in the pod. */
  get loopback(): Place {
    return {
      host: loopback,
      udp: (port) => this.#namespace.udp(loopback, port),
      tcp: (port) => this.#namespace.tcp(loopback, port),
      strangers: async () => [],
    };
  }

  /** Runs a program in it, with `input`; returns its output. */
  run(file: string, args: readonly string[], input?: string): Promise<string> {
    return this.#namespace.run(file, args, input);
  }

  /** The command line that runs a program in it; the program's arguments follow. */
  entering(file: string): string[] {
    return this.#namespace.entering(file);
  }

  /** Clients may use its own address or the VIP, which is the node's. */
  strangers(): Promise<Socket[]> {
    return Promise.all([this.udp(0), this.#node.udp(this.#vip, 0)]);
  }

  /** Releases the namespace; packets to its address get no answer. */
  stop(): Promise<void> {
    return this.#namespace.stop();
  }
}

/**
 * A node with pods, made of nested network namespaces.
 *
 * ```
 * the machine ── dnslab<slot> ═ node ─┬─ node's namespace ─┬─ pod 0 ═ eth0 ── pod's namespace
 * monitor, tests                      └─ VIP (nft)         └─ pod 1 ═ eth0 ── pod's namespace
 * ```
 * On the machine's side there is one link with two addresses and one route. The kernel removes all of
 * it together with the process that holds the node's namespace. That process ends with the tests, so
 * a killed run leaves nothing behind.
 */
export class PodNetwork {
  readonly addresses: PodAddresses;
  readonly #node: NetNamespace;
  readonly #pods = new Set<PodNamespace>();
  readonly #blocks = new Set<Block>();
  #podsMade = 0;
  #endpoints: readonly string[] = [];
  #ruled: Promise<unknown> = Promise.resolve();

  private constructor(addresses: PodAddresses, node: NetNamespace) {
    this.addresses = addresses;
    this.#node = node;
  }

  /**
   * Creates one without pods, on free addresses.
   *
   * @throws Error if the machine does not permit it; it is removed then
   */
  static async create(): Promise<PodNetwork> {
    const node = await NetNamespace.create();
    try {
      const network = new PodNetwork(await linked(node), node);
      await network.#setUp();
      return network;
    } catch (error) {
      await node.stop();
      throw error;
    }
  }

  async addPod(): Promise<PodNamespace> {
    const index = this.#podsMade++;
    const ends = this.addresses.pod(index);
    if (ends === undefined) {
      throw new Error(`Cannot add a pod: all addresses have been used, got pod ${index}`);
    }
    const { gateway, ip } = ends;
    const namespace = await NetNamespace.create();
    const pod = new PodNamespace(ip, namespace, this.#node, this.addresses.vip);
    this.#pods.add(pod);
    const link = `pod${index}`;
    await configure(this.#node, [
      `link add ${link} type veth peer name eth0 netns ${namespace.pid}`,
      `address add ${gateway}/31 dev ${link}`,
      `link set ${link} up`,
    ]);
    await configure(namespace, [
      'link set lo up',
      `address add ${ip}/31 dev eth0`,
      'link set eth0 up',
      `route add default via ${gateway}`,
    ]);
    return pod;
  }

  /**
   * Routes the VIP to these addresses from now on, like kube-proxy: UDP flows to a removed address
   * are forgotten, so that their next packet reaches another one; connections stay.
   */
  async lead(endpoints: readonly string[]): Promise<void> {
    const gone = this.#endpoints.filter((ip) => !endpoints.includes(ip));
    this.#endpoints = endpoints;
    await this.#rule();
    for (const ip of gone) await this.#forgetFlows(ip);
  }

  /** Blocks some packets; returns a function that ends only this block. */
  async block(block: Block): Promise<() => Promise<void>> {
    this.#blocks.add(block);
    await this.#rule();
    return async () => {
      this.#blocks.delete(block);
      await this.#rule();
    };
  }

  /** Ends all blocks. */
  async unblock(): Promise<void> {
    this.#blocks.clear();
    await this.#rule();
  }

  /** Removes it: the machine then has the same links, addresses and routes as before. */
  async stop(): Promise<void> {
    const { link } = this.addresses;
    // The kernel removes a namespace some time after its last process; the link is gone
    // immediately.
    await command(asset('ip'), ['link', 'delete', link]).catch((error) => {
      if (!/Cannot find device/.test(error.message)) throw error;
    });
    for (const namespace of [...this.#pods, this.#node]) await namespace.stop();
  }

  async #setUp(): Promise<void> {
    const { node, monitor, bystander, clientsLength, range, link, vip } = this.addresses;
    await configure(this.#node, [
      'link set lo up',
      `address add ${node}/${clientsLength} dev node`,
      'link set node up',
      // Without a pod, packets for the VIP are refused, the same as by kube-proxy.
      `address add ${vip}/32 dev lo`,
    ]);
    await this.#node.run('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
    const onMachine = [
      `address add ${monitor}/${clientsLength} dev ${link}`,
      `address add ${bystander}/${clientsLength} dev ${link}`,
      `link set ${link} up`,
      `route add ${range} via ${node} src ${monitor}`,
    ];
    await command(asset('ip'), ['-batch', '-'], onMachine.join('\n'));
    await this.#rule();
  }

  /** One after the other, each with the state at that time: the last one wins. */
  #rule(): Promise<unknown> {
    const apply = () => {
      const rules = vipRules(this.addresses.vip, this.#endpoints, this.#blocks);
      return this.#node.run(asset('nft'), ['--file', '-'], rules);
    };
    this.#ruled = this.#ruled.then(apply, apply);
    return this.#ruled;
  }

  async #forgetFlows(ip: string): Promise<void> {
    const { vip } = this.addresses;
    const flows = ['--proto', 'udp', '--orig-dst', vip, '--reply-src', ip];
    await this.#node.run(asset('conntrack'), ['--delete', ...flows]).catch(async (error) => {
      // It fails if there is no such flow,
      if (/ 0 flow entries have been deleted/.test(error.message)) return;
      // and stops at a flow that has ended between the list and its deletion: others may be left.
      if (!/such conntrack doesn't exist/.test(error.message)) throw error;
      await this.#forgetFlows(ip);
    });
  }
}

/**
 * Links the machine to `node`, at the addresses of a free slot; an interface's name is the lock.
 */
async function linked(node: NetNamespace): Promise<PodAddresses> {
  const start = Math.floor(Math.random() * slots);
  for (let tries = 0; tries < slots; tries++) {
    const addresses = podAddresses((start + tries) % slots);
    const { link } = addresses;
    const add = [
      'link',
      'add',
      link,
      'type',
      'veth',
      'peer',
      'name',
      'node',
      'netns',
      `${node.pid}`,
    ];
    try {
      await command(asset('ip'), add);
      // No IPv6 address either, because the machine would send packets with it.
      await command(asset('ip'), ['link', 'set', link, 'addrgenmode', 'none']);
      return addresses;
    } catch (error) {
      if (!/File exists/.test(String(error))) throw error;
    }
  }
  throw new Error(`Cannot link a network of pods: every slot is taken, got ${slots}`);
}

function configure(namespace: NetNamespace, lines: readonly string[]): Promise<string> {
  return namespace.run(asset('ip'), ['-batch', '-'], lines.join('\n'));
}
