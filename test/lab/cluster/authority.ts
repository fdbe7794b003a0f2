import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from './ask.ts';
import { asset } from './assets.ts';
import { Daemon } from './daemon.ts';
import { DnsPart } from './dns-part.ts';
import { Interceptor } from './interceptor.ts';
import { freePort, loopback, splitAddress } from './ports.ts';
import { until } from './until.ts';
import { type Zone, type Zones, zoneFile } from './zones.ts';

export interface AuthorityOptions {
  readonly zones: Zones;
  /** TTL of every record, and of negative answers, in seconds. */
  readonly ttl: number;
}

/** The authoritative server (knot) of all zones outside the cluster; its zones can be edited. */
export class Authority extends DnsPart {
  readonly #folder: string;
  readonly #ttl: number;
  #zones: Zones;
  #serial = 0;

  private constructor(
    folder: string,
    options: AuthorityOptions,
    ...part: ConstructorParameters<typeof DnsPart>
  ) {
    super(...part);
    this.#folder = folder;
    this.#ttl = options.ttl;
    this.#zones = options.zones;
  }

  /** Creates one with its files under `folder`; it is not started yet. */
  static async create(folder: string, options: AuthorityOptions): Promise<Authority> {
    const files = join(folder, 'authority');
    await mkdir(files);
    const direct = `${loopback}:${await freePort()}`;
    const daemon = new Daemon({
      name: 'knotd',
      command: asset('knotd'),
      args: ['--config', join(files, 'knot.conf')],
      ready: async () => (await ask(direct, '.', 'SOA', { timeoutMs: 200 })).rcode === 'NOERROR',
    });
    const front = await Interceptor.create(direct);
    const authority = new Authority(files, options, direct, daemon, front);
    await authority.#write();
    return authority;
  }

  /** The served zones. */
  get zones(): Zones {
    return this.#zones;
  }

  /** Replaces the served zones; returns once they are served. */
  async serve(zones: Zones): Promise<void> {
    this.#zones = zones;
    await this.#write();
    if (!this.daemon.running) return;
    this.daemon.reload();
    await until(`serial ${this.#serial} at knotd`, () => this.#servesSerial(), {
      deadlineMs: 5_000,
    });
  }

  /**
   * Replaces the records of one name; without records, removes the name.
   *
   * @example
   * await cluster.authority.set('db.example.test', 'A 192.0.2.1', 'A 192.0.2.2');
   */
  async set(name: string, ...records: string[]): Promise<void> {
    const zone = Object.keys(this.#zones).find((zone) => name.endsWith(`.${zone}`));
    if (zone === undefined) {
      throw new Error(`Cannot set ${name}: no such zone, got ${Object.keys(this.#zones)}`);
    }
    const owner = name.slice(0, -zone.length - 1);
    const { [owner]: _, ...others } = this.#zones[zone] ?? {};
    await this.serve({
      ...this.#zones,
      [zone]: records.length > 0 ? { ...others, [owner]: records } : others,
    });
  }

  async #write(): Promise<void> {
    this.#serial += 1;
    // With its own root zone, a name that no zone serves is NXDOMAIN, as on the Internet.
    const all: [string, Zone][] = [['.', {}], ...Object.entries(this.#zones)];
    const { host, port } = splitAddress(this.direct);
    const config = [
      'server:',
      `    listen: ${host}@${port}`,
      `    rundir: "${this.#folder}"`,
      '    udp-workers: 1',
      '    tcp-workers: 1',
      '    background-workers: 1',
      'log:',
      '  - target: stderr',
      '    any: warning',
      'database:',
      `    storage: "${this.#folder}"`,
      'template:',
      '  - id: default',
      `    storage: "${this.#folder}"`,
      '    zonefile-sync: -1',
      '    journal-content: none',
      'zone:',
    ];
    for (const [index, [name, zone]] of all.entries()) {
      config.push(`  - domain: "${name}"`, `    file: "${index}.zone"`);
      const text = zoneFile(name, zone, this.#serial, this.#ttl);
      await writeFile(join(this.#folder, `${index}.zone`), text);
    }
    await writeFile(join(this.#folder, 'knot.conf'), `${config.join('\n')}\n`);
  }

  async #servesSerial(): Promise<boolean> {
    for (const zone of ['.', ...Object.keys(this.#zones)]) {
      const { message } = await ask(this.direct, zone, 'SOA', { timeoutMs: 200 });
      const soa = message.answers?.[0];
      if (soa?.type !== 'SOA' || soa.data.serial !== this.#serial) return false;
    }
    return true;
  }
}
