/** Process statistics from Linux, without help from the process itself. */
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** USER_HZ: the unit of CPU time in /proc, on every architecture that Node supports. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of all threads, user and system. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may contain spaces; the fields from the third on follow it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MiB. */
export function rssMiB(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** The highest result of `read`, sampled once a second until stopped. */
export function highest(read: () => number): { stop(): number } {
  let most = read();
  const timer = setInterval(() => {
    most = Math.max(most, read());
  }, 1_000).unref();
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, read());
    },
  };
}

/**
 * Gives this process, the reference for the others, a high CPU priority, or the normal priority if
 * that is not permitted.
 */
export function goFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch {
    // Its own delays then count against the monitor.
  }
}
