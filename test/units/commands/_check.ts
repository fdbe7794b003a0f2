/** `check` as a user runs it, on an API server and a DNS server of this test file's own. */
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { clusterIpService } from '../../../src/demo/api/objects.ts';
import { ApiServer } from '../../../src/demo/api/server.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import { servicesOf } from '../../../src/demo/service-view.ts';
import { type Ran, runCommand } from '../../fixtures/command.ts';

/** A delay that never ends. */
export const SILENT = Number.POSITIVE_INFINITY;

/** As a user runs it; `stdin` is what is piped into it. */
export function check(args: readonly string[], stdin = ''): Promise<Ran> {
  return runCommand(['check', ...args], { stdin });
}

/** `verdict blame findings` of each Service of the JSON output, by `namespace/service`. */
export function said({ stdout }: Ran): Record<string, string> {
  const { services } = JSON.parse(stdout) as {
    services: {
      namespace: string;
      service: string;
      verdict: string;
      blame: string;
      unresolved?: string;
      findings: { rule: string; level: string }[];
    }[];
  };
  return Object.fromEntries(
    services.map(({ namespace, service, verdict, blame, findings, unresolved }) => [
      `${namespace}/${service}`,
      [
        unresolved ? 'unresolved' : `${verdict} ${blame}`,
        ...findings.filter(({ level }) => level !== 'info').map(({ rule }) => rule),
      ].join(' '),
    ]),
  );
}

export function manifest(name: string, externalName: string, namespace = 'shop'): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {type: ExternalName, externalName: ${externalName}}
---
`;
}

export const folder = mkdtempSync(join(tmpdir(), 'check-'));
export const api = new ApiServer();
export const dns = new DnsServer({ services: servicesOf(api) });
export const path = (name: string): string => join(folder, name);

export async function write(name: string, text: string): Promise<string> {
  await mkdir(dirname(path(name)), { recursive: true });
  await writeFile(path(name), text);
  return path(name);
}

/** Starts both servers before the tests, and ends them after; the folder goes, too. */
export function withServers(): void {
  beforeAll(async () => {
    await Promise.all([api.start(), dns.start()]);
    dns.internet
      .set('www.example.com', { a: ['192.0.2.1', '192.0.2.2'] })
      .set('v6.example.com', { aaaa: ['2001:db8::1', '2001:db8::2'] })
      .set('alias.example.com', { cname: 'www.example.com' })
      .set('empty.example.com', {})
      .set('api.lapsed.com', { rcode: 'NXDOMAIN', zone: 'com' })
      .set('broken.example.com', { rcode: 'SERVFAIL' })
      .set('metadata.example.com', { a: ['169.254.169.254'] })
      .set('outside.example.com', { a: ['203.0.113.7', '192.0.2.9'] })
      .set('hanging.example.com', { delayMs: SILENT });
    api.apply(clusterIpService('backend', 'catalog', '10.96.40.12'));
    await write('kubeconfig', api.kubeconfig());
  });

  afterAll(async () => {
    await Promise.all([api.stop(), dns.stop()]);
    await rm(folder, { recursive: true, force: true });
  });
}

export const quick = ['--timeout=2s', '--attempts=1'] as const;
