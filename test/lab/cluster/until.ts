import { setTimeout as sleep } from 'node:timers/promises';

/** How long {@link until} tries, and how often. */
export interface UntilOptions {
  /** Defaults to 30 s: what never comes may take long, so that a busy machine fails no test. */
  readonly deadlineMs?: number;
  /** Defaults to 20 ms. */
  readonly everyMs?: number;
}

/** What a probe of {@link until} returns while it is not there yet. */
type NotYet = undefined | null | false;

/**
 * Polls until `probe` gives something other than `undefined`, `null` or `false`, and returns that.
 * A probe that throws is asked again.
 *
 * @throws when the deadline passes; says what was awaited and how the last try ended.
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
