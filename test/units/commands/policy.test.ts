/** The policy of a file, from the file to /metrics, and as it changes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { select, verdictsOf } from '../../fixtures/samples.ts';
import { until } from '../../lab/cluster/until.ts';
import { Program } from '../../lab/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'policy-'));
const file = join(folder, 'config.yaml');
const write = (policy: string): void => writeFileSync(file, `log-level: warn\n${policy}`);

let demo: Program;

beforeAll(async () => {
  write('policy:\n  denied-cidrs: [192.0.2.10/32]\n');
  demo = await Program.start(['demo', '--listen=127.0.0.1:0', `--config=${file}`]);
});

afterAll(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true });
});

const said = async (): Promise<string | undefined> =>
  verdictsOf(await demo.samples('externalname_service_'))['payments/card-gateway'];
const isReloadGood = async (): Promise<number | undefined> =>
  select(
    await demo.samples('externalname_config_'),
    'externalname_config_last_reload_successful',
  )[0]?.value;
const untilSaid = (words: string): Promise<unknown> =>
  until(words, async () => (await said()) === words, { deadlineMs: 30_000, everyMs: 250 });

test('is heeded from the start, kept when it turns bad, and dropped when it is taken out', async () => {
  await untilSaid('1 untrusted_answer policy');
  const findings = select(await demo.samples(), 'externalname_finding', {
    namespace: 'payments',
    service: 'card-gateway',
  });
  expect(findings.map(({ labels }) => labels.rule)).toEqual(['address_not_allowed']);

  write('policy:\n  denied-cidrs: [192.0.2.300/32]\n');
  await until('the bad one told', async () => (await isReloadGood()) === 0, {
    deadlineMs: 30_000,
    everyMs: 250,
  });
  expect(await said()).toBe('1 untrusted_answer policy');
  expect(demo.stdout).toContain('192.0.2.300/32');

  write('');
  await untilSaid('1 healthy none');
  expect(await isReloadGood()).toBe(1);
}, 90_000);
