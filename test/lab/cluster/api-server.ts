import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asset } from './assets.ts';
import { Daemon } from './daemon.ts';
import type { Etcd } from './etcd.ts';
import { Kube } from './kube.ts';
import type { Place } from './place.ts';
import { freePort, loopback } from './ports.ts';
import { TcpLink } from './tcp-link.ts';

/** The user and the path of a client of the API server. */
export interface ApiAccess {
  /** The admin's by default. */
  readonly token?: string;
  /** A path that a test can cut; direct by default. */
  readonly link?: TcpLink;
}

/** The real kube-apiserver with TLS, tokens and RBAC. Its data survive a stop and a start. */
export class ApiServer {
  /** Its own `host:port`. */
  readonly address: string;
  readonly #folder: string;
  readonly #adminToken: string;
  readonly #daemon: Daemon;
  #kubeconfigs = 0;

  private constructor(folder: string, address: string, adminToken: string, daemon: Daemon) {
    this.#folder = folder;
    this.address = address;
    this.#adminToken = adminToken;
    this.#daemon = daemon;
  }

  /**
   * Creates one on `etcd`, with its files under `folder`; it is not started yet. Services get their
   * cluster IPs from `serviceRange` (CIDR).
   */
  static async create(
    folder: string,
    etcd: Etcd,
    serviceRange = '10.96.0.0/16',
  ): Promise<ApiServer> {
    const port = await freePort();
    const address = `${loopback}:${port}`;
    const files = join(folder, 'api-server');
    const keyFile = join(files, 'service-account.key');
    const tokenFile = join(files, 'tokens.csv');
    const adminToken = randomBytes(16).toString('hex');
    await mkdir(files);
    await writeFile(tokenFile, `${adminToken},admin,admin,system:masters\n`);
    await writeFile(keyFile, serviceAccountKey());
    const daemon: Daemon = new Daemon({
      name: 'kube-apiserver',
      command: asset('kube-apiserver'),
      args: [
        `--etcd-servers=${etcd.url}`,
        `--bind-address=${loopback}`,
        `--advertise-address=${loopback}`,
        `--secure-port=${port}`,
        `--cert-dir=${files}`,
        `--token-auth-file=${tokenFile}`,
        '--authorization-mode=RBAC',
        // Endpoints may not be loopback addresses, and no client here connects to them.
        '--endpoint-reconciler-type=none',
        `--service-cluster-ip-range=${serviceRange}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${keyFile}`,
        `--service-account-signing-key-file=${keyFile}`,
      ],
      ready: async () => {
        const kube = await server.client();
        try {
          await kube.request('GET', '/readyz');
          // Cluster DNS's control query needs this Service, which the API server may create a
          // moment later.
          await kube.get(controlService);
          return true;
        } finally {
          kube.close();
        }
      },
    });
    const server = new ApiServer(files, address, adminToken, daemon);
    return server;
  }

  /** Starts it on the same port with its earlier data; returns once it serves. */
  start(): Promise<void> {
    return this.#daemon.start();
  }

  /** Ends it immediately, like a crash: its connections end, and new ones are refused. */
  stop(graceMs = 0): Promise<void> {
    return this.#daemon.stop(graceMs);
  }

  /** Freezes it: connections stay open, and no request is answered. */
  pause(): Promise<void> {
    return this.#daemon.pause();
  }

  /** Ends a {@link pause}. */
  resume(): void {
    this.#daemon.resume();
  }

  /** The end of its output. */
  get log(): string {
    return this.#daemon.log;
  }

  /**
   * A separate path to this server, for one client that a test disconnects; in `place`, or on
   * loopback.
   */
  link(place?: Place): Promise<TcpLink> {
    return TcpLink.open(this.address, place);
  }

  /** A client with its own connections; the caller closes it. */
  async client(access: ApiAccess = {}): Promise<Kube> {
    const { link, token = this.#adminToken } = access;
    return new Kube({ url: this.#url(link), ca: await this.#ca(), token });
  }

  /** Writes a kubeconfig; returns its path. */
  async kubeconfig(access: ApiAccess = {}): Promise<string> {
    const { link, token = this.#adminToken } = access;
    const path = join(this.#folder, `kubeconfig-${++this.#kubeconfigs}.json`);
    const cluster = {
      server: this.#url(link),
      'certificate-authority-data': Buffer.from(await this.#ca()).toString('base64'),
    };
    const name = 'test';
    // JSON is YAML too.
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  #url(link: TcpLink | undefined): string {
    return `https://${link?.address ?? this.address}`;
  }

  /** The server writes its certificate together with the CA that signed it. */
  #ca(): Promise<string> {
    return readFile(join(this.#folder, 'apiserver.crt'), 'utf8');
  }
}

const controlService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kubernetes', namespace: 'default' },
};

function serviceAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}
