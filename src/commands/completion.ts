import { COMPLETION, SHELLS } from '../config/commands.ts';
import { completionScript } from '../config/completion.ts';
import { parseOptions } from '../config/parse.ts';
import { parseWord, UsageError } from '../config/values.ts';
import { EXIT } from '../model/exit-status.ts';
import { explanations } from '../views/explain.ts';
import { type Io, print } from './io.ts';

/**
 * `externalname-monitor completion <shell>`: prints a script that completes commands, options,
 * their values and words.
 */
export async function completion(args: readonly string[], io: Io): Promise<number> {
  const invocation = await parseOptions(args, io.env, {}, COMPLETION);
  if (invocation.print !== undefined) {
    await print(io.stdout, invocation.print);
    return EXIT.asked.status;
  }
  const [word = '', more] = invocation.words;
  if (more !== undefined) {
    throw new UsageError(`Cannot write a completion script: one shell at a time, got "${more}"`);
  }
  const words = (await explanations()).map((one) => one.word);
  await print(io.stdout, completionScript(shellOf(word), [...new Set(words)]));
  return EXIT.asked.status;
}

function shellOf(word: string): (typeof SHELLS)[number] {
  try {
    return parseWord(word, SHELLS);
  } catch (error) {
    throw new UsageError(`Cannot write a completion script: ${(error as Error).message}`);
  }
}
