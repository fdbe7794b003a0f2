/** Cap for Retry-After: a proxy's mistake must not stop the watch for a day. */
const LONGEST_ASKED_MS = 300_000;

/**
 * Full jitter under a ceiling that doubles with each failure, so that many clients do not retry at
 * the same time.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(firstMs: number, longestMs: number, random: () => number) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** Records a failure and returns the wait, in milliseconds: at least `askedMs`. */
  next(askedMs = 0): number {
    const ceiling = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#failures);
    this.#failures++;
    return Math.min(askedMs, LONGEST_ASKED_MS) + this.#random() * ceiling;
  }

  /** Records a success. */
  reset(): void {
    this.#failures = 0;
  }
}
