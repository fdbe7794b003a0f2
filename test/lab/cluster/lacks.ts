import { readFileSync } from 'node:fs';
import {
  type MissingAsset,
  missingAssets,
  missingBrowserAssets,
  missingImageAssets,
  missingPodAssets,
  missingResolverAssets,
} from './assets.ts';

/** By their numbers in linux/capability.h: what network namespaces and links take. */
const capabilities = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;
/** What mounts and the owners of an image's files take. */
const imageCapabilities = { CAP_CHOWN: 0, CAP_SYS_CHROOT: 18, CAP_SYS_ADMIN: 21 } as const;

/** What real clusters lack here, a sentence each. */
export function lacksForClusters(): string[] {
  return missingAssets().map(notThere);
}

/** What pods with addresses of their own lack here beside that, a sentence each. */
export function lacksForPods(status: string = processStatus()): string[] {
  return [...missingPodAssets().map(notThere), ...lacksOf(capabilities, status)];
}

/** What building and running the image lacks here, a sentence each. */
export function lacksForImages(status: string = processStatus()): string[] {
  return [...missingImageAssets().map(notThere), ...lacksOf(imageCapabilities, status)];
}

/** `status`: of /proc/self/status. */
function lacksOf(wanted: Readonly<Record<string, number>>, status: string): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? '0'}`);
  return Object.entries(wanted)
    .filter(([, bit]) => (effective & (1n << BigInt(bit))) === 0n)
    .map(([name]) => `the tests have no ${name}; root has it`);
}

/** What the differential test lacks here, a sentence each. */
export function lacksForResolvers(status: string = processStatus()): string[] {
  return [...missingResolverAssets().map(notThere), ...lacksOf(capabilities, status)];
}

/** What tests of the pages lack here, a sentence each. */
export function lacksForPages(): string[] {
  return missingBrowserAssets().map(notThere);
}

function notThere({ name, location }: MissingAsset): string {
  return `${name} is not in ${location}; \`eval "$(.ci/provide)"\` provides it`;
}

/** Nothing where there is no Linux. */
function processStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
