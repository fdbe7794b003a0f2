import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ask } from './ask.ts';
import { asset } from './assets.ts';
import { Daemon } from './daemon.ts';
import { DnsPart } from './dns-part.ts';
import { Interceptor } from './interceptor.ts';
import { freePort, loopback, splitAddress } from './ports.ts';

export interface RecursiveOptions {
  /** Distinguishes several resolvers. */
  readonly name: string;
  /** The server (`host:port`) that it queries for every name. */
  readonly authority: string;
  /**
   * Maximum time that it caches an answer, in seconds; failures are cached for 5 s. 0 disables
   * both.
   */
  readonly cacheTtl: number;
  /** More lines of the `server:` section of unbound.conf. */
  readonly config: readonly string[];
}

/** The recursive resolver (unbound) that cluster DNS forwards to. */
export class Recursive extends DnsPart {
  /** Creates one with its files under `folder`; it is not started yet. */
  static async create(folder: string, options: RecursiveOptions): Promise<Recursive> {
    const port = await freePort();
    const file = join(folder, `${options.name}.conf`);
    const authority = splitAddress(options.authority);
    const config = [
      'server:',
      `    interface: ${loopback}`,
      `    port: ${port}`,
      `    directory: "${folder}"`,
      '    chroot: ""',
      '    username: ""',
      '    pidfile: ""',
      '    use-syslog: no',
      '    num-threads: 1',
      '    do-ip6: no',
      '    do-daemonize: no',
      '    do-not-query-localhost: no',
      '    module-config: "iterator"',
      '    qname-minimisation: no',
      '    local-zone: "test." nodefault',
      `    cache-max-ttl: ${options.cacheTtl}`,
      `    cache-max-negative-ttl: ${options.cacheTtl}`,
      // Tests repair an authority and check the effect of that, not how long unbound avoids it.
      '    infra-host-ttl: 1',
      '    infra-cache-max-rtt: 1000',
      '    infra-cache-min-rtt: 50',
      '    infra-keep-probing: yes',
      '    outbound-msg-retry: 2',
      ...options.config.map((line) => `    ${line}`),
      'remote-control:',
      '    control-enable: no',
      'forward-zone:',
      '    name: "."',
      `    forward-addr: ${authority.host}@${authority.port}`,
      `    forward-no-cache: ${options.cacheTtl === 0 ? 'yes' : 'no'}`,
    ];
    await writeFile(file, `${config.join('\n')}\n`);
    const direct = `${loopback}:${port}`;
    const daemon = new Daemon({
      name: 'unbound',
      command: asset('unbound'),
      args: ['-d', '-c', file],
      // It has this name built in, so no authority is needed.
      ready: async () =>
        (await ask(direct, 'localhost', 'A', { timeoutMs: 200 })).rcode === 'NOERROR',
    });
    return new Recursive(direct, daemon, await Interceptor.create(direct));
  }
}
