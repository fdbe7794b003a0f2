import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';

/** The real servers and tools, and the place of each. */
const clusterLocations = {
  etcd: 'KUBEBUILDER_ASSETS',
  'kube-apiserver': 'KUBEBUILDER_ASSETS',
  kubectl: 'KUBEBUILDER_ASSETS',
  coredns: 'PATH',
  unbound: 'PATH',
  knotd: 'PATH',
  promtool: 'PATH',
  prometheus: 'PATH',
  'prometheus-alertmanager': 'PATH',
  // For the comparison in the fault matrix.
  'prometheus-blackbox-exporter': 'PATH',
  // From util-linux: ends a server together with the test process, however that ended.
  setpriv: 'PATH',
} as const;

/** Further programs for pods with their own addresses. */
const podLocations = {
  unshare: 'PATH',
  nsenter: 'PATH',
  ip: 'PATH',
  nft: 'PATH',
  conntrack: 'PATH',
} as const;

/** Programs to build and run the image. */
const imageLocations = {
  buildah: 'PATH',
  podman: 'PATH',
  runc: 'PATH',
  debootstrap: 'PATH',
} as const;

/**
 * Programs of the differential test: clients with the resolvers of pods, and namespaces for them.
 */
const resolverLocations = {
  'getaddrinfo-glibc': 'DIFFERENTIAL_CLIENTS',
  'getaddrinfo-musl': 'DIFFERENTIAL_CLIENTS',
  'lookup-c-ares': 'DIFFERENTIAL_CLIENTS',
  'lookup-go': 'DIFFERENTIAL_CLIENTS',
  unshare: 'PATH',
  ip: 'PATH',
} as const;

/** Programs for tests of the pages. */
const browserLocations = { chromium: 'PATH' } as const;

const locations = {
  ...clusterLocations,
  ...podLocations,
  ...imageLocations,
  ...resolverLocations,
  ...browserLocations,
};

/** The name of a program that the tests run. */
export type Asset = keyof typeof locations;

/** A missing program, with its expected place. */
export interface MissingAsset {
  readonly name: string;
  readonly location: string;
}

/**
 * The path of a program.
 *
 * @throws Error with the expected place if it is missing
 */
export function asset(name: Asset): string {
  const path = findAsset(name);
  if (path === undefined) {
    throw new Error(
      `Cannot find ${name}: not an executable in ${locations[name]}, got ${env[locations[name]] ?? 'nothing'}`,
    );
  }
  return path;
}

/** The missing programs of a cluster. */
export function missingAssets(): MissingAsset[] {
  return missingOf(clusterLocations);
}

/** The missing programs that only pods with their own addresses need. */
export function missingPodAssets(): MissingAsset[] {
  return missingOf(podLocations);
}

/** The missing programs that build and run the image. */
export function missingImageAssets(): MissingAsset[] {
  return missingOf(imageLocations);
}

/** The missing programs that only tests of the pages need. */
export function missingBrowserAssets(): MissingAsset[] {
  return missingOf(browserLocations);
}

/** The missing programs of the differential test. */
export function missingResolverAssets(): MissingAsset[] {
  return missingOf(resolverLocations);
}

function missingOf(of: Readonly<Record<string, string>>): MissingAsset[] {
  return Object.entries(of)
    .filter(([name]) => findAsset(name as Asset) === undefined)
    .map(([name, location]) => ({ name, location }));
}

/** Debian keeps daemons out of a user's PATH. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The path of a program, or undefined if it is missing: for tests that can run without it. */
export function findAsset(name: Asset): string | undefined {
  const folders = (env[locations[name]] ?? '').split(delimiter).filter((folder) => folder !== '');
  if (locations[name] === 'PATH') folders.push(...systemFolders);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
