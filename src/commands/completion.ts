import { COMPLETION, SHELLS } from '../config/commands.ts';
import { completionScript } from '../config/completion.ts';
import { parseOptions } from '../config/parse.ts';
import { parseWord, UsageError } from '../config/values.ts';
import { explanations } from '../views/explain.ts';

/**
 * `externalname-monitor completion <shell>`: prints a script that completes commands, options,
 * their values and words.
 */
export async function completion(args: readonly string[]): Promise<void> {
  const invocation = await parseOptions(args, process.env, {}, COMPLETION);
  if (invocation.print !== undefined) {
    process.stdout.write(invocation.print);
    return;
  }
  const [word = '', more] = invocation.words;
  if (more !== undefined) {
    throw new UsageError(`Cannot write a completion script: one shell at a time, got "${more}"`);
  }
  const words = (await explanations()).map((one) => one.word);
  process.stdout.write(completionScript(shellOf(word), [...new Set(words)]));
}

function shellOf(word: string): (typeof SHELLS)[number] {
  try {
    return parseWord(word, SHELLS);
  } catch (error) {
    throw new UsageError(`Cannot write a completion script: ${(error as Error).message}`);
  }
}
