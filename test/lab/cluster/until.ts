import { setTimeout as sleep } from 'node:timers/promises';

/** Time limit and interval of {@link until}. */
export interface UntilOptions {
  /** Defaults to 30 s: what never comes may take long, so that a busy machine fails no test. */
  readonly deadlineMs?: number;
  /** 20 ms by default. */
  readonly everyMs?: number;
}

/** Results of a probe of {@link until} that mean "try again". */
type NotYet = undefined | null | false;

/**
 * Polls until `probe` returns a value other than `undefined`, `null` or `false`, and returns that.
 * A probe that throws is retried.
 *
 * @throws Error after the deadline, with the awaited condition and the result of the last attempt
 *
 * @example
 * await until('the alias to be served', async () => (await ask(server, name)).rcode === 'NOERROR');
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<Exclude<T, NotYet>> {
  const { deadlineMs = 30_000, everyMs = 20 } = options;
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    let last: unknown;
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<T, NotYet>;
      }
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Cannot see ${what} within ${deadlineMs} ms: got ${String(last)}`, {
        cause: last,
      });
    }
    await sleep(everyMs);
  }
}
