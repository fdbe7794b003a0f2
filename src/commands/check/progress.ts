import { Presets, SingleBar } from 'cli-progress';
import type { Output } from '../io.ts';

/** What is done sooner needs no bar. */
const AFTER_MS = 1_000;

export interface Progress {
  /** So many are done. */
  update(done: number): void;
  /** Takes the bar away. */
  stop(): void;
}

/** A bar on `stream` while something takes long; none where that is no terminal. */
export function startProgress(total: number, stream: Output): Progress {
  const bar = new SingleBar(
    {
      stream,
      format: 'checking {bar} {value}/{total} Services, {duration_formatted}',
      clearOnComplete: true,
      hideCursor: true,
    },
    Presets.shades_classic,
  );
  let done = 0;
  const timer = stream.isTTY ? setTimeout(() => bar.start(total, done), AFTER_MS) : undefined;
  return {
    update(now) {
      done = now;
      if (bar.isActive) bar.update(done);
    },
    stop() {
      clearTimeout(timer);
      if (bar.isActive) bar.stop();
    },
  };
}
