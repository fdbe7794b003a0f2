import { constants } from 'node:os';
import pino, { type Logger } from 'pino';
import type { Options } from '../config/options.ts';
import { EXIT } from '../model/exit-status.ts';

/** Limit for a shutdown: Kubernetes kills the process after 10 s, even during a scrape. */
const STOP_LIMIT_MS = 4_500;

/**
 * Logs to standard output: JSON lines with times and level names, or text for people. Each line has
 * the name of the cluster if there is one.
 */
export async function createLogger({
  logLevel: level,
  logFormat,
  clusterName,
}: Pick<Options, 'logLevel' | 'logFormat' | 'clusterName'>): Promise<Logger> {
  const base = clusterName === undefined ? null : { cluster: clusterName };
  const { stdout } = process;
  if (logFormat === 'text' || (logFormat === 'auto' && stdout.isTTY)) {
    // Loaded on demand: it takes several megabytes of memory, and a monitor in a cluster does not
    // need it.
    const { prettyFactory } = await import('pino-pretty');
    const pretty = prettyFactory({
      colorize: stdout.isTTY && stdout.hasColors(),
      translateTime: 'SYS:HH:MM:ss.l',
      singleLine: true,
    });
    // Not pino's `transport`: that is a thread that loads a file by name, and a bundle has no such
    // file.
    return pino({ level, base }, { write: (line) => stdout.write(pretty(line)) });
  }
  return pino({
    level,
    base,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}

/**
 * Resolves when the process receives SIGTERM (Kubernetes) or SIGINT (Ctrl-C). A second signal ends
 * the process immediately.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // An explicit exit, because the kernel has no default action for process 1 of a container.
      if (asked) process.exit(128 + constants.signals[signal]);
      asked = true;
      resolve(signal);
    });
  }
  return promise;
}

/** Stops, and exits with status 0, even if the time limit has passed. */
export async function stopAndExit(stop: () => Promise<void>, logger: Logger): Promise<never> {
  setTimeout(() => {
    logger.warn({ limitMs: STOP_LIMIT_MS }, 'shutdown timed out, exiting');
    process.exit(EXIT.asked.status);
  }, STOP_LIMIT_MS).unref();
  await stop();
  process.exit(EXIT.asked.status);
}

/**
 * For an error that the process cannot survive: logs one line and exits with status 1, so that
 * Kubernetes restarts the container.
 */
export function exitFatally(logger: Logger): (error: Error) => void {
  return (error) => {
    logger.fatal({ err: error }, 'fatal error, exiting');
    process.exit(EXIT.fatal.status);
  };
}
