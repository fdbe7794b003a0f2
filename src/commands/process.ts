import { constants, getPriority, setPriority } from 'node:os';
import pino, { type Logger } from 'pino';
import type { Options } from '../config/options.ts';

/** Longer than this no shutdown may take: Kubernetes kills after 10 s, and waits for nobody's scrape. */
const STOP_LIMIT_MS = 4_500;

/** To standard output: JSON lines with times and levels in words, or text for people. */
export async function createLogger({
  logLevel: level,
  logFormat,
}: Pick<Options, 'logLevel' | 'logFormat'>): Promise<Logger> {
  const { stdout } = process;
  if (logFormat === 'text' || (logFormat === 'auto' && stdout.isTTY)) {
    // Loaded on demand: several megabytes of memory that a monitor in a cluster has no use for.
    const { prettyFactory } = await import('pino-pretty');
    const pretty = prettyFactory({
      colorize: stdout.isTTY && stdout.hasColors(),
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
    });
    // Not pino's `transport`, a thread that loads a file by name, which a bundle has not.
    return pino({ level, base: null }, { write: (line) => stdout.write(pretty(line)) });
  }
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}

/**
 * Resolves once the process is asked to end, by SIGTERM (Kubernetes) or SIGINT (Ctrl-C);
 * asked again, it ends at once.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // Said by hand: the kernel has no default for process 1 of a container.
      if (asked) process.exit(128 + constants.signals[signal]);
      asked = true;
      resolve(signal);
    });
  }
  return promise;
}

/** Stops, and leaves with status 0; also when the limit has passed. */
export async function stopAndExit(stop: () => Promise<void>, logger: Logger): Promise<never> {
  setTimeout(() => {
    logger.warn({ limitMs: STOP_LIMIT_MS }, 'not everything has ended, leaving all the same');
    process.exit(0);
  }, STOP_LIMIT_MS).unref();
  await stop();
  process.exit(0);
}

/** Of nice: the weight of a CPU's share becomes a tenth or so. */
const WAY = 10;

/**
 * The main thread gives way to the threads that there are already: where cores are few, probing goes before
 * scrapes and pages. On Linux priorities are of threads, and count among those of one container.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  setPriority(Math.min(getPriority() + WAY, constants.priority.PRIORITY_LOW));
}

/** For what cannot be gone on from: one line, and status 1, so that Kubernetes starts the pod anew. */
export function exitFatally(logger: Logger): (error: Error) => void {
  return (error) => {
    logger.fatal({ err: error }, 'cannot go on');
    process.exit(1);
  };
}
