import { EXPLAIN } from '../config/commands.ts';
import { parseOptions } from '../config/parse.ts';
import { quoted, UsageError } from '../config/values.ts';
import { hint } from '../model/near-miss.ts';
import { explanations, explanationText, listed } from '../views/explain.ts';

/**
 * `externalname-monitor explain <word>`: prints the meaning and the advice; without a word, lists
 * all words.
 */
export async function explain(args: readonly string[]): Promise<void> {
  const invocation = await parseOptions(args, process.env, {}, EXPLAIN);
  if (invocation.print !== undefined) {
    process.stdout.write(invocation.print);
    return;
  }
  const all = await explanations();
  const { words } = invocation;
  if (words.length === 0) {
    process.stdout.write(listed(all));
    return;
  }
  const meanings = words.map((word) => {
    const meant = all.filter((one) => one.word === normal(word));
    if (meant.length > 0) return explanationText(meant);
    const known = [...new Set(all.map((one) => one.word))];
    const help = hint(normal(word), known, 'explain without a word lists all');
    throw new UsageError(`Cannot explain: no such word (${help}), got ${quoted(word)}`);
  });
  process.stdout.write(meanings.join('\n'));
}

/** Accepts the series of a histogram, and a selector copied with its labels. */
function normal(word: string): string {
  const name = word.replace(/\{.*/s, '').toLowerCase().replaceAll('-', '_');
  return name.startsWith('externalname_') ? name.replace(/_(bucket|sum|count)$/, '') : name;
}
