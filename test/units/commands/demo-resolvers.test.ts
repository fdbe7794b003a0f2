/** The demo's resolvers behind cluster DNS, in its API: one that fails for a reason, beside one that works. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../lab/cluster/until.ts';
import { Program } from '../../lab/program.ts';

let demo: Program;
beforeAll(async () => {
  demo = await Program.start(['demo', '--listen=127.0.0.1:0']);
});
afterAll(() => demo.stop());

interface ResolverView {
  readonly answers: readonly { readonly outcome: string; readonly extendedError?: string }[];
}

it('shows one that validates DNSSEC and fails beside one that answers', async () => {
  const detail = async () =>
    JSON.parse((await demo.get('/api/v1/services/media/transcoder')).text) as {
      readonly evidence?: string;
      readonly resolvers: readonly ResolverView[];
    };
  await until('the evidence', async () => {
    const { evidence = '' } = await detail();
    return /validates DNSSEC and rejects .* answers without validating/.test(evidence);
  });
  const { resolvers } = await detail();
  const first = resolvers.map(({ answers }) => answers[0]);
  expect(first).toContainEqual(
    expect.objectContaining({ outcome: 'servfail', extendedError: 'dnskey_missing' }),
  );
  expect(first).toContainEqual(expect.objectContaining({ outcome: 'ok' }));
});
