import { join } from 'node:path';
import { asset } from './assets.ts';
import { Daemon } from './daemon.ts';
import { freePort, loopback } from './ports.ts';

/** An etcd with one member; it need not survive a power failure. */
export class Etcd {
  /** Its URL for the API server. */
  readonly url: string;
  readonly daemon: Daemon;

  private constructor(url: string, daemon: Daemon) {
    this.url = url;
    this.daemon = daemon;
  }

  /** Creates one with its data under `folder`; it is not started yet. */
  static async create(folder: string): Promise<Etcd> {
    const url = `http://${loopback}:${await freePort()}`;
    const peer = `http://${loopback}:${await freePort()}`;
    const daemon = new Daemon({
      name: 'etcd',
      command: asset('etcd'),
      args: [
        '--unsafe-no-fsync',
        '--heartbeat-interval=10',
        '--election-timeout=100',
        '--log-level=warn',
        `--data-dir=${join(folder, 'etcd')}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
      ],
      ready: async () => (await fetch(`${url}/health`)).ok,
    });
    return new Etcd(url, daemon);
  }
}
