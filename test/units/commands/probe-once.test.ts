/** One look at a cluster whose API server and cluster DNS do not say the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeOnce } from '../../../src/commands/check/probe-once.ts';
import { parseServers } from '../../../src/config/values.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import { NO_POLICY } from '../../../src/model/policy.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { probeConfig } from '../../fixtures/probe-config.ts';
import { specOf } from '../../fixtures/spec.ts';

/** So slow that a round is over only when the list is no longer of just now. */
const HOLD_MS = 1_700;

const served = { type: 'ExternalName', externalName: 'new.example.com' };
const dns = new DnsServer({ services: () => served, holdMs: HOLD_MS });

beforeAll(async () => {
  dns.internet.set('new.example.com', { a: ['192.0.2.1'] });
  dns.internet.set('old.example.com', { a: ['192.0.2.2'] });
  await dns.start();
});

afterAll(() => dns.stop());

/** `verdict` of each Service that is left, and how often it was listed again; `relisted` is what such a list has. */
async function verdicts(
  relisted: () => readonly ServiceSpec[],
): Promise<{ verdicts: Record<string, string>; lists: number }> {
  let lists = 0;
  const store = await probeOnce({
    config: probeConfig(parseServers(dns.address), {
      intervalMs: 1_000,
      timeoutMs: 10_000,
      families: ['ipv4'],
      recordTypes: ['A'],
      convergenceDeadlineMs: 10_000,
    }),
    drift: { entries: 8, windowMs: 60_000 },
    policy: NO_POLICY,
    specs: [specOf('old')],
    relist: async () => {
      lists++;
      return relisted();
    },
    progress: { update: () => {}, stop: () => {} },
  });
  const judged = [...store.records].map(([key, { diagnosis }]) => [key, diagnosis.verdict]);
  return { verdicts: Object.fromEntries(judged), lists };
}

// Side by side: all wait for slow replies.
describe.concurrent('where cluster DNS contradicts the list', () => {
  it('goes by another list, which has the edit', async () => {
    const edited = specOf('old', { externalName: 'new.example.com' });
    const seen = await verdicts(() => [edited]);
    expect(seen.verdicts).toEqual({ 'shop/old': 'healthy' });
    expect(seen.lists).toBeGreaterThan(0);
  });

  it('blames cluster DNS only once another list has said the same', async () => {
    const seen = await verdicts(() => [specOf('old')]);
    expect(seen.verdicts).toEqual({ 'shop/old': 'alias_mismatch' });
    expect(seen.lists).toBeGreaterThan(0);
  });

  it('forgets what is gone by then', async () => {
    expect((await verdicts(() => [])).verdicts).toEqual({});
  });

  it('fails if the API server cannot be asked again', async () => {
    const away = (): never => {
      throw new Error('away');
    };
    await expect(verdicts(away)).rejects.toThrow('away');
  });
});
