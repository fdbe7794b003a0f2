import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { env } from 'node:process';

/** The real servers and tools, and where each is looked for. */
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
  // What the fault matrix compares with.
  'prometheus-blackbox-exporter': 'PATH',
  // From util-linux: ends a server together with the test process, however that ended.
  setpriv: 'PATH',
} as const;

/** What pods with addresses of their own take beside those. */
const podLocations = {
  unshare: 'PATH',
  nsenter: 'PATH',
  ip: 'PATH',
  nft: 'PATH',
  conntrack: 'PATH',
} as const;

/** What building and running the image takes. */
const imageLocations = {
  buildah: 'PATH',
  podman: 'PATH',
  runc: 'PATH',
  debootstrap: 'PATH',
} as const;

/** Needed by the differential test: clients with the resolvers that pods have, and namespaces for them. */
const resolverLocations = {
  'getaddrinfo-glibc': 'DIFFERENTIAL_CLIENTS',
  'getaddrinfo-musl': 'DIFFERENTIAL_CLIENTS',
  'lookup-c-ares': 'DIFFERENTIAL_CLIENTS',
  'lookup-go': 'DIFFERENTIAL_CLIENTS',
  unshare: 'PATH',
  ip: 'PATH',
} as const;

/** What tests of the pages take. */
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

/** A program that is not there, with the place where it was looked for. */
export interface MissingAsset {
  readonly name: string;
  readonly location: string;
}

/**
 * The path of a program.
 *
 * @throws when it is not there; says where it was looked for.
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

/** The programs of a cluster that are not there. */
export function missingAssets(): MissingAsset[] {
  return missingOf(clusterLocations);
}

/** The programs that are not there of those that only pods with addresses of their own need. */
export function missingPodAssets(): MissingAsset[] {
  return missingOf(podLocations);
}

/** The programs that building and running the image needs, and that are not there. */
export function missingImageAssets(): MissingAsset[] {
  return missingOf(imageLocations);
}

/** The programs that are not there of those that only tests of the pages need. */
export function missingBrowserAssets(): MissingAsset[] {
  return missingOf(browserLocations);
}

/** The programs that the differential test needs, and that are not there. */
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

/** The path of a program, or undefined where there is none: for tests that can do without. */
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
