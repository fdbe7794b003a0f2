/** What Linux says of a process, so that the process itself need not be asked. */
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/** USER_HZ: what /proc counts CPU time in, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of all threads, user and system. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold spaces; after it come the fields from the third on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in MiB. */
export function rssMiB(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

/** The highest of what `read` returns, once a second until stopped. */
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

/** Lets this process, which others are measured against, wait for the CPU as little as can be; where that is forbidden, as all do. */
export function goFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
  } catch {
    // Its own delays count against the monitor, then.
  }
}
