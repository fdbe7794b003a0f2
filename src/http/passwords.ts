import { createHmac, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** What the thread is asked, and what it replies. */
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

/** A check takes from a tenth of a second to some seconds: those behind so many would wait too long. */
export const MOST_WAITING = 16;
const MOST_VERIFIED = 100;

/** Sources are run as they are, the bundle has the thread beside its main file. */
const FILE = import.meta.url.endsWith('.ts') ? './password-worker.ts' : './password-worker.js';

/** There are too many checks under way for one more. */
export class TooManyChecks extends Error {}

/**
 * bcrypt, which is slow by design: in a thread of its own, one check at a time, so that scrapes and the state
 * do not wait for it. What was right is known by a keyed hash, so that a scraper costs one check and no more.
 */
export class Passwords {
  /** Of this process: no table of hashes made elsewhere fits. */
  readonly #secret = randomBytes(32);
  /** Latest use last. */
  readonly #verified = new Set<string>();
  readonly #underWay = new Map<string, Promise<boolean>>();
  readonly #waiting = new Map<number, PromiseWithResolvers<boolean>>();
  #worker: Worker | undefined;
  #asked = 0;

  /**
   * Whether this is the user's password. One who is none is checked against a hash that nothing matches, as long
   * as a check against the dearest of the others takes: the time does not tell who is a user.
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
    this.#giveUp(new TooManyChecks('Cannot check the password: we are stopping'));
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

  /** Started when there is something to check: most monitors have no users. */
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

  /** No password is kept: neither here nor in a heap dump. */
  #keyOf(...parts: readonly string[]): string {
    return createHmac('sha256', this.#secret).update(JSON.stringify(parts)).digest('base64');
  }
}

/** Of the highest cost that any user's has. */
export function nobodysHash(users: ReadonlyMap<string, string>): string {
  const costs = [...users.values()].map((hash) => hash.slice(4, 6)).sort();
  return `$2b$${costs.at(-1) ?? '10'}$${'.'.repeat(53)}`;
}
