import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { Reader } from '../../../src/model/reader.ts';
import { asset } from '../cluster/assets.ts';
import { type Configs, resolvConf } from './namespace.ts';

/** A real program that resolves names with one of the resolvers of pods. */
export interface Client {
  readonly name: string;
  readonly reader: Reader;
  /** Absent: the present version. */
  readonly version?: string;
  /** Number of parallel lookups: its threads wait for replies that the client ignores. */
  readonly parallel: number;
  readonly command: (parallel: number) => readonly [file: string, ...args: string[]];
}

export const CLIENTS: readonly Client[] = [
  {
    name: 'getaddrinfo of glibc',
    reader: 'glibc',
    parallel: 128,
    command: (parallel) => [asset('getaddrinfo-glibc'), String(parallel)],
  },
  {
    name: 'getaddrinfo of musl',
    reader: 'musl',
    parallel: 128,
    command: (parallel) => [asset('getaddrinfo-musl'), String(parallel)],
  },
  {
    name: 'net.Resolver of Go',
    reader: 'go',
    parallel: 128,
    command: (parallel) => [asset('lookup-go'), String(parallel)],
  },
  {
    name: 'ares_getaddrinfo of c-ares',
    reader: 'c-ares',
    parallel: 128,
    command: (parallel) => [asset('lookup-c-ares'), String(parallel), '1000', '1'],
  },
  {
    name: 'c-ares of Node',
    reader: 'c-ares',
    parallel: 128,
    command: (parallel) => [
      execPath,
      join(import.meta.dirname, 'clients/node.ts'),
      String(parallel),
      '1000',
      '1',
    ],
  },
];

/** The result of a client for one name: the addresses, sorted, and the error. */
export interface Lookup {
  readonly addresses: readonly string[];
  readonly error?: string;
}

/** Looks names up with a real client. */
export async function lookUp(
  client: Client,
  configs: Configs,
  {
    servers,
    options,
    parallel = client.parallel,
  }: {
    readonly servers: readonly string[];
    readonly options: string;
    readonly parallel?: number;
  },
  names: readonly string[],
): Promise<Map<string, Lookup>> {
  const [file, ...args] = client.command(parallel);
  const child = configs.spawn(resolvConf(servers, options), file, args);
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  const found = new Map<string, Lookup>();
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('Cannot run a client: it has no pipes');
  stdin.on('error', () => {}); // The exit of a client that ends early is detected elsewhere.
  stdin.end(names.map((name) => `${name}\n`).join(''));
  for await (const line of createInterface({ input: stdout })) {
    const [name = '', ...words] = line.split(' ');
    found.set(name, lookupOf(words));
  }
  const code = await exit;
  if (code !== 0 || found.size !== names.length) {
    throw new Error(
      `Cannot look up names with ${client.name}: it ended with ${code}, got ${found.size} of ${names.length}`,
    );
  }
  return found;
}

function lookupOf(words: readonly string[]): Lookup {
  const at = words.indexOf('error:');
  if (at === -1) return { addresses: canonical(words) };
  return { addresses: canonical(words.slice(0, at)), error: words.slice(at + 1).join(' ') };
}

/** Addresses in one spelling, sorted, each once. */
export function canonical(addresses: readonly string[]): string[] {
  return [...new Set(addresses.map(canonicalOne))].sort();
}

function canonicalOne(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}
