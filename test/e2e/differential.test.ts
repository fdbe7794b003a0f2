/**
 * Compares our parsing of replies, and our next steps after a failure, with the resolvers of pods.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { describeResolvers } from '../lab/cluster/index.ts';

const main = join(import.meta.dirname, '../lab/differential/main.ts');

describeResolvers('against glibc, musl, Go and c-ares', () => {
  test('every difference has a reason', { timeout: 1_200_000 }, async () => {
    const { stdout } = await promisify(execFile)(execPath, [main], { maxBuffer: 2 ** 26 });
    console.log(stdout);
    expect(stdout.match(/ 0 differences without a reason/g)).toHaveLength(2);
  });
});
