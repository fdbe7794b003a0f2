/**
 * Resolves names with c-ares through `node:dns`: names on standard input, one a line; for each a line
 * `<name> <address> <address>… error: <why>`, in any order: one of both questions may have failed.
 */
import { Resolver } from 'node:dns/promises';
import { argv, stdin } from 'node:process';
import { text } from 'node:stream/consumers';

/** The arguments: how many names are looked up at once; milliseconds a try; tries. */
const [parallel = 1, timeout = 1000, tries = 1] = argv.slice(2).map(Number);
const names = (await text(stdin))
  .split('\n')
  .filter((name) => name !== '')
  .values();

/** After these a resolver is as it was before. */
const HARMLESS = ['ENODATA', 'ENOTFOUND'];

/**
 * Asks for one type, one name at a time: c-ares fails all questions of a socket when it cannot read one reply. After
 * that it takes another resolver.
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
