import pino, { type Logger } from 'pino';

/** Longer than this no shutdown may take: Kubernetes kills after 30 s, and waits for nobody's scrape. */
const STOP_LIMIT_MS = 5_000;

/** JSON lines on standard output, with times and levels in words. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}

/** Resolves once the process is asked to end, by SIGTERM (Kubernetes) or SIGINT (Ctrl-C). */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => resolve(signal));
    }
  });
}

/** Stops, and leaves with status 0; also when the limit has passed. */
export async function stopAndExit(stop: () => Promise<void>): Promise<never> {
  setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
  await stop();
  process.exit(0);
}

/** For what cannot be gone on from: one line, and status 1, so that Kubernetes starts the pod anew. */
export function exitFatally(logger: Logger): (error: Error) => void {
  return (error) => {
    logger.fatal({ err: error }, 'cannot go on');
    process.exit(1);
  };
}
