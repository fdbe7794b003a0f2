/**
 * The DNS server of the bench: knot if it is installed, else the embedded one in a separate
 * process.
 */
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DnsOps } from '../children/dns.ts';
import { aliasOf, CLUSTER_DOMAIN, serviceOf } from '../services.ts';
import { freePort, startProgram } from './children.ts';
import { findProgram, versionOf } from './programs.ts';
import { forkChild } from './rpc.ts';

export interface Dns {
  readonly address: string;
  /** Makes the server silent: its socket stays open, and no query is refused. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

export function dnsLabel(): string {
  const knotd = findProgram('knotd');
  return knotd ? `knotd ${versionOf(knotd)}` : 'the embedded server (knotd is not installed)';
}

/** Serves Services 0 … count - 1: their aliases and their targets. */
export async function startDns(count: number): Promise<Dns> {
  const knotd = findProgram('knotd');
  return knotd ? startKnot(knotd, count) : startEmbedded(count);
}

async function startEmbedded(count: number): Promise<Dns> {
  const child = forkChild<DnsOps>('dns');
  return {
    address: await child.call('start', count),
    pause: () => process.kill(child.pid, 'SIGSTOP'),
    resume: () => process.kill(child.pid, 'SIGCONT'),
    stop: () => child.stop(),
  };
}

async function startKnot(knotd: string, count: number): Promise<Dns> {
  const folder = mkdtempSync(join(tmpdir(), 'externalname-monitor-bench-'));
  const port = await freePort();
  writeFileSync(join(folder, 'root.zone'), zoneOf(count));
  writeFileSync(join(folder, 'knot.conf'), configOf(folder, port));
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  const isReady = async (): Promise<boolean> => {
    const addresses = await resolver.resolve4(aliasOf(serviceOf(0))).catch(() => []);
    return addresses.length > 0;
  };
  const program = await startProgram(knotd, ['-c', join(folder, 'knot.conf')], isReady);
  return {
    address: `127.0.0.1:${port}`,
    pause: program.pause,
    resume: program.resume,
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * One zone for all, the root: knot follows a CNAME only within a zone, while CoreDNS follows it
 * through its upstream.
 */
function zoneOf(count: number): string {
  const lines = [
    '. 3600 IN SOA ns.bench. hostmaster.bench. 1 3600 600 86400 30',
    '. 3600 IN NS ns.bench.',
    'ns.bench. 3600 IN A 127.0.0.1',
    `kubernetes.default.svc.${CLUSTER_DOMAIN}. 30 IN A 10.96.0.1`,
  ];
  for (let i = 0; i < count; i++) {
    const service = serviceOf(i);
    lines.push(
      `${aliasOf(service)}. 30 IN CNAME ${service.target}.`,
      `${service.target}. 30 IN A ${service.ipv4}`,
      `${service.target}. 30 IN AAAA ${service.ipv6}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function configOf(folder: string, port: number): string {
  return `server:
    rundir: ${folder}
    listen: 127.0.0.1@${port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: ${folder}/db
zone:
  - domain: .
    storage: ${folder}
    file: root.zone
    zonefile-sync: -1
    journal-content: none
`;
}
