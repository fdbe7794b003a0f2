import { createHmac, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** The messages to the thread and its replies. */
export interface ToCheck {
  readonly id: number;
  readonly password: string;
  /** bcrypt's text: algorithm, cost, salt and hash. */
  readonly hash: string;
}
export interface Checked {
  readonly id: number;
  readonly isRight: boolean;
}

/**
 * A check takes from a tenth of a second to a few seconds, so a longer queue would take too long.
 */
export const MOST_WAITING = 16;
const MOST_VERIFIED = 100;

/** The sources run as they are; in the bundle the thread is a file next to the main file. */
const FILE = import.meta.url.endsWith('.ts') ? './password-worker.ts' : './password-worker.js';

/** The queue of checks is full. */
export class TooManyChecks extends Error {}

/**
 * Checks passwords with bcrypt, which is slow by design. The checks run in a separate thread, one
 * at a time, so that scrapes and the state do not wait for them. A keyed hash of each verified
 * password is kept, so that a scraper costs only one check.
 */
export class Passwords {
  /** A random key of this process, so that no precomputed table of hashes fits. */
  readonly #secret = randomBytes(32);
  /** Most recently used last. */
  readonly #verified = new Set<string>();
  readonly #underWay = new Map<string, Promise<boolean>>();
  readonly #waiting = new Map<number, PromiseWithResolvers<boolean>>();
  #worker: Worker | undefined;
  #asked = 0;

  /**
   * Whether this is the user's password. For an unknown user, the password is checked against a
   * hash that never matches, with the highest cost among the users, so that the response time does
   * not reveal which users exist.
   *
   * @throws TooManyChecks
   */
  async isRight(
    users: ReadonlyMap<string, string>,
    name: string,
    password: string,
  ): Promise<boolean> {
    const known = users.get(name);
    const hash = known ?? nobodysHash(users);
    const key = this.#keyOf(name, password, hash);
    if (known !== undefined && this.#verified.delete(key)) {
      this.#verified.add(key);
      return true;
    }
    const isRight = await (this.#underWay.get(key) ?? this.#start(key, password, hash));
    if (!isRight || known === undefined) return false;
    this.#verified.add(key);
    for (const oldest of this.#verified) {
      if (this.#verified.size <= MOST_VERIFIED) break;
      this.#verified.delete(oldest);
    }
    return true;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#giveUp(new TooManyChecks('Cannot check the password: the monitor is stopping'));
  }

  #start(key: string, password: string, hash: string): Promise<boolean> {
    if (this.#waiting.size >= MOST_WAITING) {
      throw new TooManyChecks(
        `Cannot check the password now: there is a limit of ${MOST_WAITING} checks at once, got one more`,
      );
    }
    const id = this.#asked++;
    const waiting = Promise.withResolvers<boolean>();
    this.#waiting.set(id, waiting);
    const checking = waiting.promise.finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, checking);
    this.#thread().postMessage({ id, password, hash } satisfies ToCheck);
    return checking;
  }

  /** Started at the first check, because most monitors have no users. */
  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL(FILE, import.meta.url));
    worker.unref();
    worker.on('message', ({ id, isRight }: Checked) => {
      this.#waiting.get(id)?.resolve(isRight);
      this.#waiting.delete(id);
    });
    worker.on('error', (error) => this.#giveUp(error as Error));
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#giveUp(new Error('Cannot check the password: the thread ended'));
    });
    this.#worker = worker;
    return worker;
  }

  #giveUp(error: Error): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }

  /** No password is kept, so a heap dump contains none. */
  #keyOf(...parts: readonly string[]): string {
    return createHmac('sha256', this.#secret).update(JSON.stringify(parts)).digest('base64');
  }
}

/** With the highest cost among the users' hashes. */
export function nobodysHash(users: ReadonlyMap<string, string>): string {
  const costs = [...users.values()].map((hash) => hash.slice(4, 6)).sort();
  return `$2b$${costs.at(-1) ?? '10'}$${'.'.repeat(53)}`;
}
