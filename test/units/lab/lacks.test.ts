import { expect, test } from 'vitest';
import { lacksForPods } from '../../lab/cluster/lacks.ts';

/** Of /proc/self/status; numbers as in linux/capability.h. */
function status(...capabilities: number[]): string {
  const bits = capabilities.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
  return `Name:\tnode\nCapPrm:\tffffffffffffffff\nCapEff:\t${bits.toString(16)}\n`;
}

test.each([
  ['as root', status(0, 12, 21), []],
  ['as a user', status(), ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']],
  ['as root of a container', status(0, 12), ['CAP_SYS_ADMIN']],
  ['without Linux', '', ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN']],
])('tests %s lack what they may not do', (_how, text, missing) => {
  const told = lacksForPods(text).filter((lack) => /CAP_/.test(lack));
  expect(told).toEqual(missing.map((name) => `the tests have no ${name}; root has it`));
});
