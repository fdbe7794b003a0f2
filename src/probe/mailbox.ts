/** Long enough for many messages to share one wake-up of the other thread, short enough not to be felt. */
const FLUSH_MS = 200;
/** So many are posted at once, so that the main thread is never kept for long. */
const MOST = 32;

/** `later`: it goes with the next message that has more haste. */
export type Haste = 'now' | 'soon' | 'later';

/**
 * Collects messages for another thread and posts them together, as JSON: a structured clone of such
 * nested objects costs twice as much, and each message would wake the other thread up.
 */
export class Mailbox<T> {
  readonly #post: (text: string) => void;
  #messages: T[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(post: (text: string) => void) {
    this.#post = post;
  }

  send(message: T, haste: Haste = 'soon'): void {
    this.#messages.push(message);
    if (haste === 'now' || this.#messages.length >= MOST) this.#flush();
    else if (haste === 'soon') this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    const text = JSON.stringify(this.#messages);
    this.#messages = [];
    this.#timer = undefined;
    this.#post(text);
  }
}

/** What was sent, in its order. */
export function openMail<T>(text: string): readonly T[] {
  return JSON.parse(text);
}
