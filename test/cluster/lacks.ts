import { readFileSync } from 'node:fs';
import {
  type MissingAsset,
  missingAssets,
  missingBrowserAssets,
  missingPodAssets,
} from './assets.ts';

/** By their numbers in linux/capability.h: what network namespaces and links take. */
const capabilities = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;

/** What real clusters lack here, a sentence each. */
export function lacksForClusters(): string[] {
  return missingAssets().map(notThere);
}

/** What pods with addresses of their own lack here beside that, a sentence each. */
export function lacksForPods(status: string = processStatus()): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)$/m.exec(status)?.[1] ?? '0'}`);
  const missing = Object.entries(capabilities).filter(
    ([, bit]) => (effective & (1n << BigInt(bit))) === 0n,
  );
  return [
    ...missingPodAssets().map(notThere),
    ...missing.map(([name]) => `the tests have no ${name}; root has it`),
  ];
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
