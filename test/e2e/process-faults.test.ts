/**
 * Faults of the machine that affect the monitor's process: clocks that are set, a stall, no free
 * file descriptors.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { select } from '../fixtures/samples.ts';
import { command } from '../lab/cluster/command.ts';
import { type Cluster, describeE2e, externalName, startCluster } from '../lab/cluster/index.ts';
import { FROM_SOURCES, type Program } from '../lab/program.ts';
import { startMonitor, verdicts } from './monitor.ts';
import { said } from './said.ts';

const HEALTHY = '1 healthy none';
const FAILING = '0 cluster_dns_failing cluster_dns';
const UNKNOWN = '- unknown monitor';
const NAMES = Array.from({ length: 30 }, (_, i) => `default/s${i}`);
const HOUR_MS = 3_600_000;
const clock = join(import.meta.dirname, '../lab/wall-clock.ts');

const all = (words: string) => Object.fromEntries(NAMES.map((key) => [key, words]));

describeE2e('the process of the monitor', () => {
  let cluster: Cluster;
  let folder: string;
  let monitor: Program;

  /** Sets the offset of the monitor's wall clock from now on. */
  const setClock = (ms: number) => writeFile(join(folder, 'offset'), String(ms));

  /** Number of queries that reach cluster DNS in this many milliseconds. */
  async function queriesIn(ms: number): Promise<number> {
    const before = cluster.dns.seen.length;
    await sleep(ms);
    return cluster.dns.seen.length - before;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clock-'));
    await setClock(0);
    cluster = await startCluster();
    for (const key of NAMES) {
      await cluster.kube.create(externalName(key.replace('default/', ''), 'www.example.test'));
    }
    const [node, main] = FROM_SOURCES;
    const env = { WALL_CLOCK_OFFSET: join(folder, 'offset') };
    monitor = await startMonitor(cluster, [], env, [node, '--import', clock, main]);
  });

  beforeEach(() => verdicts(monitor, all(HEALTHY)));

  afterEach(async () => {
    await cluster.mend();
    expect(monitor.exitCode).toBe(null);
  });

  afterAll(async () => {
    const status = await monitor?.stop();
    await cluster?.stop();
    await rm(folder, { recursive: true });
    expect(status).toBe(0);
  });

  test.each([
    ['back', -HOUR_MS],
    ['forward', HOUR_MS],
  ])('asks at its pace while its clock is set %s by an hour', async (_way, ms) => {
    const usual = await queriesIn(3_000);
    await setClock(ms);
    try {
      const after = await queriesIn(3_000);
      expect(after).toBeGreaterThan(0.6 * usual);
      expect(after).toBeLessThan(1.4 * usual);
      // The displayed time is that of the wall clock.
      const shown = select(await monitor.samples(), 'externalname_last_probe_timestamp_seconds');
      expect(shown).toHaveLength(NAMES.length);
      for (const { value } of shown)
        expect(Math.abs(value * 1_000 - Date.now() - ms)).toBeLessThan(60_000);
      await verdicts(monitor, all(HEALTHY));
    } finally {
      await setClock(0);
    }
  });

  test('sees an outage end whose breaker was open when the clock was set back', async () => {
    cluster.dns.cutOff();
    await verdicts(monitor, all(FAILING));
    await setClock(-HOUR_MS);
    try {
      cluster.dns.restore();
      await verdicts(monitor, all(HEALTHY));
    } finally {
      await setClock(0);
    }
  });

  test('does not report as latency what was its own stall', async () => {
    const patient = await startMonitor(cluster, ['--timeout=5s']);
    await verdicts(patient, all(HEALTHY));
    // Slow enough that a stop happens while some queries are unanswered.
    cluster.dns.slow(300);
    for (let stall = 0; stall < 3; stall++) {
      await said(patient, 1);
      kill(patient.pid, 'SIGSTOP');
      await sleep(2_000);
      kill(patient.pid, 'SIGCONT');
    }
    await said(patient, 1);
    const samples = await patient.samples();
    const count = (name: string, labels = {}) =>
      select(samples, name, labels).reduce((sum, { value }) => sum + value, 0);
    const name = 'externalname_probe_duration_seconds';
    expect(count(`${name}_count`)).toBeGreaterThan(0);
    expect(count(`${name}_bucket`, { le: '1' })).toBe(count(`${name}_count`));
    expect(await patient.stop()).toBe(0);
  });

  test('goes on when it had no file descriptors left', async () => {
    const starved = await startMonitor(cluster);
    await verdicts(starved, all(HEALTHY));
    const limit = (files: string) =>
      command('prlimit', [`--pid=${starved.pid}`, `--nofile=${files}`]);
    await limit('8:4096');
    await sleep(5_000);
    await limit('4096:4096');
    const first = Object.values(await said(starved, 1)).flat();
    expect([HEALTHY, UNKNOWN]).toEqual(expect.arrayContaining([...new Set(first)]));
    await verdicts(starved, all(HEALTHY));
    expect(await starved.stop()).toBe(0);
  });
});
