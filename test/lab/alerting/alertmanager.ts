import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asset } from '../cluster/assets.ts';
import { Daemon } from '../cluster/daemon.ts';
import { freePort, loopback } from '../cluster/ports.ts';

/**
 * A real Alertmanager that sends every alert to one webhook immediately, each in a separate
 * message.
 */
export class Alertmanager {
  /** `host:port` that receives Prometheus's alerts. */
  readonly address: string;
  readonly daemon: Daemon;

  private constructor(address: string, daemon: Daemon) {
    this.address = address;
    this.daemon = daemon;
  }

  /** Creates one with its files under `folder`; it is not started yet. */
  static async create(folder: string, webhook: string): Promise<Alertmanager> {
    const files = join(folder, 'alertmanager');
    await mkdir(files);
    const config = join(files, 'alertmanager.yml');
    // JSON is YAML.
    await writeFile(config, JSON.stringify(configOf(webhook)));
    const address = `${loopback}:${await freePort()}`;
    const daemon = new Daemon({
      name: 'alertmanager',
      command: asset('prometheus-alertmanager'),
      args: [
        `--config.file=${config}`,
        `--storage.path=${files}`,
        `--web.listen-address=${address}`,
        // Without peers, so that it does not wait for any.
        '--cluster.listen-address=',
        '--log.level=warn',
      ],
      ready: async () => (await fetch(`http://${address}/-/ready`)).ok,
    });
    return new Alertmanager(address, daemon);
  }
}

/**
 * No grouping and no inhibition: each page is sent once, independent of a user's own Alertmanager.
 * Alertmanager rejects a `group_interval` of 0.
 */
function configOf(url: string): object {
  return {
    route: {
      receiver: 'webhook',
      group_by: ['...'],
      group_wait: '0s',
      group_interval: '100ms',
      repeat_interval: '24h',
    },
    receivers: [{ name: 'webhook', webhook_configs: [{ url, send_resolved: true }] }],
  };
}
