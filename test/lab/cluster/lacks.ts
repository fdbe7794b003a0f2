import { readFileSync } from 'node:fs';
import {
  type MissingAsset,
  missingAssets,
  missingBrowserAssets,
  missingImageAssets,
  missingPodAssets,
  missingResolverAssets,
} from './assets.ts';

/** Numbers from linux/capability.h: needed for network namespaces and links. */
const capabilities = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;
/** Needed for mounts and for the owners of an image's files. */
const imageCapabilities = { CAP_CHOWN: 0, CAP_SYS_CHROOT: 18, CAP_SYS_ADMIN: 21 } as const;

/** Missing requirements of real clusters on this machine, one sentence each. */
export function lacksForClusters(): string[] {
  return missingAssets().map(notThere);
}

/** Further missing requirements of pods with their own addresses, one sentence each. */
export function lacksForPods(status: string = processStatus()): string[] {
  return [...missingPodAssets().map(notThere), ...lacksOf(capabilities, status)];
}

/** Missing requirements to build and run the image, one sentence each. */
export function lacksForImages(status: string = processStatus()): string[] {
  return [...missingImageAssets().map(notThere), ...lacksOf(imageCapabilities, status)];
}

/** @param status the text of /proc/self/status */
function lacksOf(wanted: Readonly<Record<string, number>>, status: string): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? '0'}`);
  return Object.entries(wanted)
    .filter(([, bit]) => (effective & (1n << BigInt(bit))) === 0n)
    .map(([name]) => `the tests have no ${name}; root has it`);
}

/** Missing requirements of the differential test, one sentence each. */
export function lacksForResolvers(status: string = processStatus()): string[] {
  return [...missingResolverAssets().map(notThere), ...lacksOf(capabilities, status)];
}

/** Missing requirements of tests of the pages, one sentence each. */
export function lacksForPages(): string[] {
  return missingBrowserAssets().map(notThere);
}

function notThere({ name, location }: MissingAsset): string {
  return `${name} is not in ${location}; \`eval "$(.ci/provide)"\` provides it`;
}

/** Empty on systems other than Linux. */
function processStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
