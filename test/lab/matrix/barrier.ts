/** A meeting point where a fixed number of callers wait for each other. */
export class Barrier {
  readonly #open: Promise<void>;
  #release: () => void = () => {};
  #missing: number;

  constructor(count: number) {
    this.#missing = count;
    this.#open = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** Returns once all have arrived. */
  async arrive(): Promise<void> {
    if (--this.#missing === 0) this.#release();
    await this.#open;
  }
}
