import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from './ask.ts';
import { asset } from './assets.ts';
import { Daemon } from './daemon.ts';
import { DnsPart } from './dns-part.ts';
import { Interceptor } from './interceptor.ts';
import type { Place } from './place.ts';
import { freePort, loopback, splitAddress } from './ports.ts';
import type { TcpLink } from './tcp-link.ts';

/** Options of a CoreDNS; by default kubeadm's Corefile with short times. */
export interface CorednsOptions {
  readonly clusterDomain?: string;
  /** More lines of the `kubernetes` plugin. */
  readonly kubernetesConfig?: readonly string[];
  /** TTL of the records of the kubernetes plugin, in seconds: 1 by default, 30 in kubeadm. */
  readonly ttl?: number;
  /**
   * The maximum TTL of the `cache` plugin, in seconds: 1 by default, 30 in kubeadm; 0 leaves the
   * plugin out.
   */
  readonly cacheTtl?: number;
  /** Lines of the `cache` plugin; kubeadm's by default, which exclude the cluster domain. */
  readonly cacheConfig?: readonly string[];
  /** Servers that it forwards to, as `host:port`; the cluster's upstreams by default. */
  readonly forwardTo?: readonly string[];
  /** Zones with separate upstream servers, as `host:port`. */
  readonly stubs?: Readonly<Record<string, string>>;
  /** Lines of the `forward` plugin; kubeadm's by default. */
  readonly forwardConfig?: readonly string[];
  /** More plugins, such as a `template` or `autopath`. */
  readonly plugins?: readonly string[];
}

/** The parts of a {@link Coredns}. */
export interface CorednsSetting {
  /** Distinguishes several servers. */
  readonly name: string;
  readonly kubeconfig: string;
  readonly apiLink: TcpLink;
  readonly upstreams: readonly string[];
  readonly options: CorednsOptions;
  /** The address for clients: a port of loopback by default, port 53 in a pod. */
  readonly pod?: Place;
}

/** Cluster DNS: the real CoreDNS with its kubernetes plugin on the real API server. */
export class Coredns extends DnsPart {
  /** Its own path to the API server: if a test cuts it, only this server becomes stale. */
  readonly apiLink: TcpLink;
  readonly #setting: CorednsSetting;
  readonly #file: string;
  readonly #readyAddress: string;
  #awaitsSync = true;

  private constructor(
    setting: CorednsSetting,
    file: string,
    readyAddress: string,
    ...part: ConstructorParameters<typeof DnsPart>
  ) {
    super(...part);
    this.apiLink = setting.apiLink;
    this.#setting = setting;
    this.#file = file;
    this.#readyAddress = readyAddress;
  }

  /** Creates one with its files under `folder`; it is not started yet. */
  static async create(folder: string, setting: CorednsSetting): Promise<Coredns> {
    const direct = `${loopback}:${await freePort()}`;
    const readyAddress = `${loopback}:${await freePort()}`;
    const file = join(folder, `${setting.name}.Corefile`);
    const daemon: Daemon = new Daemon({
      name: 'coredns',
      command: asset('coredns'),
      args: ['-conf', file],
      ready: () => coredns.#serves(),
    });
    const { pod } = setting;
    const front = await (pod ? Interceptor.create(direct, pod, 53) : Interceptor.create(direct));
    const coredns = new Coredns(setting, file, readyAddress, direct, daemon, front);
    await coredns.#write(setting.options);
    return coredns;
  }

  /**
   * Starts it; returns once it has the API server's Services. With `synced: false`, for an
   * unavailable API server, returns once it answers at all.
   */
  override async start(options: { synced?: boolean } = {}): Promise<void> {
    this.#awaitsSync = options.synced ?? true;
    await super.start();
  }

  /**
   * Restarts it with some changed options; the others keep their values from the start of the
   * cluster.
   *
   * @example
   * await cluster.dns.reconfigure({ plugins: ['template IN AAAA . {', 'rcode NXDOMAIN', '}'] });
   */
  async reconfigure(options: CorednsOptions): Promise<void> {
    await this.stop(0);
    await this.#write({ ...this.#setting.options, ...options });
    await this.start();
  }

  /**
   * Loads a changed Corefile without a restart, like the `reload` plugin: only the caches are lost.
   * Options are those of {@link reconfigure}.
   */
  async reload(options: CorednsOptions): Promise<void> {
    await this.#write({ ...this.#setting.options, ...options });
    await this.daemon.printsAfter('Reloading complete', () => this.daemon.reload('SIGUSR1'));
  }

  async #serves(): Promise<boolean> {
    // It reports ready a moment before it listens.
    const name = controlName(this.#setting.options);
    const { rcode } = await ask(this.direct, name, 'A', { timeoutMs: 200 });
    if (!this.#awaitsSync) return true;
    return rcode === 'NOERROR' && (await fetch(`http://${this.#readyAddress}/ready`)).ok;
  }

  async #write(options: CorednsOptions): Promise<void> {
    const { clusterDomain = defaultDomain, ttl = 1, cacheTtl = 1 } = options;
    const { forwardTo = this.#setting.upstreams, forwardConfig = ['max_concurrent 1000'] } =
      options;
    const {
      cacheConfig = [
        `disable success ${clusterDomain}`,
        `disable denial ${clusterDomain}`,
        `servfail ${Math.min(cacheTtl, 5)}s`,
      ],
    } = options;
    const { host, port } = splitAddress(this.direct);
    const plugins = [
      `bind ${host}`,
      'errors',
      `ready ${this.#readyAddress}`,
      `kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {`,
      `    kubeconfig ${this.#setting.kubeconfig}`,
      '    pods insecure',
      '    fallthrough in-addr.arpa ip6.arpa',
      `    ttl ${ttl}`,
      ...(options.kubernetesConfig ?? []).map((line) => `    ${line}`),
      '}',
      ...Object.entries(options.stubs ?? {}).map(([zone, server]) => `forward ${zone} ${server}`),
      `forward . ${forwardTo.join(' ')} {`,
      ...forwardConfig.map((line) => `    ${line}`),
      '}',
      ...(cacheTtl === 0
        ? []
        : [`cache ${cacheTtl} {`, ...cacheConfig.map((l) => `    ${l}`), '}']),
      'loadbalance',
      ...(options.plugins ?? []),
    ];
    const corefile = [`.:${port} {`, ...plugins.map((line) => `    ${line}`), '}', ''].join('\n');
    await writeFile(this.#file, corefile);
  }
}

/** The name of the Service that exists in every cluster. */
export function controlName({ clusterDomain = defaultDomain }: CorednsOptions): string {
  return `kubernetes.default.svc.${clusterDomain}`;
}

const defaultDomain = 'cluster.local';
