import { INTERVAL_MS, type Lab } from '../lab.ts';
import { measureBlackbox } from '../parts/blackbox.ts';
import { startDns } from '../parts/dns.ts';
import { findProgram, versionOf } from '../parts/programs.ts';
import type { Reading, Row } from '../row.ts';

/**
 * Debian's package has its own name for the program; a build from the upstream source has the
 * upstream name.
 */
const PROGRAMS = ['prometheus-blackbox-exporter', 'blackbox_exporter'];

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
    const readings = await sideBySide(lab, programs, 1_000, 1 / 4);
    if (!lab.full) return readings;
    return [...readings, ...(await inTurn(lab, programs, 10_000, 1 / 6))];
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
  return readings;
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
