import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenarioServices } from '../../src/demo/scenario-services.ts';
import { until } from '../cluster/until.ts';
import { Program } from '../program.ts';
import { select, verdictsOf } from '../samples.ts';

let demo: Program;

beforeAll(async () => {
  demo = await Program.start(['demo', '--listen=127.0.0.1:0']);
});

afterAll(() => demo?.stop());

describe('demo', () => {
  it('says of every Service what its script promises', async () => {
    const steady = scenarioServices.filter(({ comesAndGoes }) => !comesAndGoes);
    const expected = Object.fromEntries(
      steady.map(({ namespace, name, expected: { up, verdict, blame } }) => [
        `${namespace}/${name}`,
        `${up} ${verdict} ${blame}`,
      ]),
    );
    let seen: Record<string, string> = {};
    await until('the verdicts', async () => {
      seen = verdictsOf(await demo.samples());
      return Object.keys(expected).every((key) => seen[key] === expected[key]);
    }).catch(() => expect(seen).toMatchObject(expected));
    for (const { namespace, name } of steady) expect(demo.stdout).toContain(`${namespace}/${name}`);
  });

  it('takes the series of a Service away when it goes, and brings them back', async () => {
    const { namespace, name } = scenarioServices.find(({ comesAndGoes }) => comesAndGoes) ?? {};
    if (!namespace || !name)
      throw new Error('Cannot test: nothing comes and goes, got the scenario');
    const count = async (): Promise<number> =>
      (await demo.samples()).filter(
        ({ labels }) => labels.namespace === namespace && labels.service === name,
      ).length;
    await until('it there', async () => (await count()) > 0, { deadlineMs: 20_000 });
    await until('it gone', async () => (await count()) === 0, { deadlineMs: 20_000 });
    await until('it back', async () => (await count()) > 0, { deadlineMs: 20_000 });
  }, 60_000);

  it('shows a slow target as slow, not as failing', async () => {
    const of = { namespace: 'payments', service: 'bank-feed' };
    const samples = await demo.samples();
    const [last] = select(samples, 'externalname_probe_last_duration_seconds', {
      ...of,
      hop: 'target',
      type: 'A',
    });
    expect(last?.value).toBeGreaterThanOrEqual(0.3);
    expect(verdictsOf(samples)['payments/bank-feed']).toBe('1 healthy none');
  });

  it('has at most 64 series for a healthy dual-stack Service', async () => {
    const samples = await demo.samples();
    const series = samples.filter(({ labels }) => labels.service === 'fraud-score');
    expect(series.length).toBeGreaterThan(40);
    expect(series.length).toBeLessThanOrEqual(64);
  });

  it('ends cleanly on Ctrl-C', async () => {
    expect(await demo.stop('SIGINT')).toBe(0);
    expect(demo.stderr).toBe('');
  });
});
