import type { BareRoundsOps } from '../children/bare-rounds.ts';
import { INTERVAL_MS, type Lab } from '../lab.ts';
import { measureBlackbox } from '../parts/blackbox.ts';
import { sleep } from '../parts/children.ts';
import { startDns } from '../parts/dns.ts';
import { cpuSeconds } from '../parts/proc.ts';
import { findProgram, versionOf } from '../parts/programs.ts';
import { forkChild } from '../parts/rpc.ts';
import type { Reading, Row } from '../row.ts';

/**
 * Debian's package has its own name for the program; a build from the upstream source has the
 * upstream name.
 */
const PROGRAMS = ['prometheus-blackbox-exporter', 'blackbox_exporter'];

/** Of the bare client. */
const MOST_OF_BARE = 1.6;

export const cpu: Row = {
  name: 'cpu',
  title: 'CPU per query, whole process, all hops, 30 s interval, a scrape every 15 s',
  async run(lab) {
    const programs = PROGRAMS.map(findProgram).filter((path) => path !== undefined);
    if (programs.length === 0) {
      throw new Error(
        `Cannot compare with blackbox_exporter: it is not installed, got PATH without ${PROGRAMS.join(' or ')}`,
      );
    }
    const readings = await sideBySide(lab, programs, 1_000, 0.14);
    if (!lab.full) return readings;
    return [...readings, ...(await inTurn(lab, programs, 10_000, 0.1))];
  },
};

/**
 * All at the same time, so that a change of the machine's speed affects all; two cores are enough
 * for that.
 */
async function sideBySide(
  lab: Lab,
  programs: readonly string[],
  services: number,
  limit: number,
): Promise<Reading[]> {
  const [, ...readings] = await Promise.all([
    lab.watch(services),
    ...programs.map((program) => compare(lab, program, services, limit)),
    compareBare(lab, services),
  ]);
  return readings;
}

/** One after the other, if they would compete for the CPU together. */
async function inTurn(
  lab: Lab,
  programs: readonly string[],
  services: number,
  limit: number,
): Promise<Reading[]> {
  await lab.watch(services);
  const readings: Reading[] = [];
  for (const program of programs) readings.push(await compare(lab, program, services, limit));
  return [...readings, await compareBare(lab, services)];
}

/** With what sends and receives the same messages, and nothing more. */
async function compareBare(lab: Lab, services: number): Promise<Reading> {
  await using stack = new AsyncDisposableStack();
  const dns = await startDns(services);
  stack.defer(() => dns.stop());
  const bare = forkChild<BareRoundsOps>('bare-rounds');
  stack.defer(() => bare.stop());
  lab.note(`asking about ${services} Services with node:dgram alone`);
  await bare.call('start', dns.address, services, INTERVAL_MS);
  const { warmUpMs, windowMs } = lab.timesFor(services);
  await sleep(warmUpMs);
  const before = { cpu: cpuSeconds(bare.pid), replies: await bare.call('replies') };
  await sleep(windowMs);
  const cpu = cpuSeconds(bare.pid) - before.cpu;
  const queries = (await bare.call('replies')) - before.replies;
  const theirs = (cpu / queries) * 1e6;
  const ours = await lab.watch(services);
  return {
    what: `${services} Services, the same messages`,
    measured: `${ours.microsPerQuery.toFixed(0)} µs (${ours.queries} queries)`,
    reference: `${theirs.toFixed(0)} µs (${queries}), node:dgram alone`,
    value: ours.microsPerQuery / theirs,
    unit: 'of it',
    limit: MOST_OF_BARE,
  };
}

async function compare(
  lab: Lab,
  program: string,
  services: number,
  limit: number,
): Promise<Reading> {
  const dns = await startDns(services);
  try {
    const label = `blackbox_exporter ${versionOf(program)}`;
    lab.note(`asking ${label} about ${services} Services`);
    const pace = { services, intervalMs: INTERVAL_MS, ...lab.timesFor(services) };
    const theirs = await measureBlackbox(program, dns.address, pace);
    const ours = await lab.watch(services);
    return {
      what: `${services} Services${ours.histograms ? '' : ', histograms off'}`,
      measured: `${ours.microsPerQuery.toFixed(0)} µs (${ours.queries} queries)`,
      reference: `${theirs.microsPerQuery.toFixed(0)} µs (${theirs.queries}), ${label}`,
      value: ours.microsPerQuery / theirs.microsPerQuery,
      unit: 'of it',
      limit,
    };
  } finally {
    await dns.stop();
  }
}
