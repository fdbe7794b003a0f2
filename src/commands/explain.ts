import { EXPLAIN } from '../config/commands.ts';
import { parseOptions } from '../config/parse.ts';
import { quoted, UsageError } from '../config/values.ts';
import { EXIT } from '../model/exit-status.ts';
import { hint } from '../model/near-miss.ts';
import { explanations, explanationText, listed } from '../views/explain.ts';
import { type Io, print } from './io.ts';

/**
 * `externalname-monitor explain <word>`: prints the meaning and the advice; without a word, lists
 * all words.
 */
export async function explain(args: readonly string[], io: Io): Promise<number> {
  const invocation = await parseOptions(args, io.env, {}, EXPLAIN);
  if (invocation.print !== undefined) {
    await print(io.stdout, invocation.print);
    return EXIT.asked.status;
  }
  const all = await explanations();
  const { words } = invocation;
  if (words.length === 0) {
    await print(io.stdout, listed(all));
    return EXIT.asked.status;
  }
  const meanings = words.map((word) => {
    const meant = all.filter((one) => normal(one.word) === normal(word));
    if (meant.length > 0) return explanationText(meant);
    const known = [...new Set(all.map((one) => one.word))];
    const help = hint(
      /^ExternalName/.test(word) ? word : normal(word),
      known,
      'explain without a word lists all',
    );
    throw new UsageError(`Cannot explain: no such word (${help}), got ${quoted(word)}`);
  });
  await print(io.stdout, meanings.join('\n'));
  return EXIT.asked.status;
}

/** Accepts the series of a histogram, and a selector copied with its labels. */
function normal(word: string): string {
  const name = word.replace(/\{.*/s, '').toLowerCase().replaceAll('-', '_');
  return name.startsWith('externalname_') ? name.replace(/_(bucket|sum|count)$/, '') : name;
}
