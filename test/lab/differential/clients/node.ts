/**
 * Resolves names with c-ares through `node:dns`. It reads names from standard input, one per line,
 * and prints one line per name, in any order: `<name> <address> <address>… error: <why>`. There may
 * be addresses and an error, because one of the two queries may have failed.
 */
import { Resolver } from 'node:dns/promises';
import { argv, stdin } from 'node:process';
import { text } from 'node:stream/consumers';

/** The arguments: number of parallel lookups; milliseconds per attempt; attempts. */
const [parallel = 1, timeout = 1000, tries = 1] = argv.slice(2).map(Number);
const names = (await text(stdin))
  .split('\n')
  .filter((name) => name !== '')
  .values();

/** After these errors a resolver can be used again. */
const HARMLESS = ['ENODATA', 'ENOTFOUND'];

/**
 * Sends queries for one type, one name at a time: c-ares fails all queries of a socket when it
 * cannot parse one reply. After that a new resolver is used.
 */
class Asker {
  readonly #method: 'resolve4' | 'resolve6';
  #resolver = new Resolver({ timeout, tries });

  constructor(method: 'resolve4' | 'resolve6') {
    this.#method = method;
  }

  async ask(name: string): Promise<{ addresses: readonly string[]; error?: string }> {
    try {
      return { addresses: await this.#resolver[this.#method](name) };
    } catch (cause) {
      const error = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      if (!HARMLESS.includes(error)) this.#resolver = new Resolver({ timeout, tries });
      return { addresses: [], error };
    }
  }
}

async function work(): Promise<void> {
  const askers = [new Asker('resolve4'), new Asker('resolve6')];
  for (const name of names) {
    const all = await Promise.all(askers.map((asker) => asker.ask(name)));
    const errors = all.flatMap(({ error }) => error ?? []);
    const words = [name, ...all.flatMap(({ addresses }) => addresses)];
    console.log([...words, ...(errors.length > 0 ? ['error:', ...errors] : [])].join(' '));
  }
}

await Promise.all(Array.from({ length: parallel }, work));
