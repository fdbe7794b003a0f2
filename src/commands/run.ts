import { UsageError } from '../config/values.ts';
import { EXIT } from '../model/exit-status.ts';
import { type Io, print } from './io.ts';

type Command = (args: readonly string[], io: Io) => Promise<number>;

/** Each is loaded on demand, because a command does not need the code of the others. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./demo.ts')).demo,
  check: async () => (await import('./check.ts')).check,
  explain: async () => (await import('./explain.ts')).explain,
  rules: async () => (await import('./rules.ts')).rules,
  completion: async () => (await import('./completion.ts')).completion,
};

/** Runs the command that the first word names, or watches a cluster; returns the status to leave with. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [word = ''] = args;
  try {
    if (!Object.hasOwn(COMMANDS, word)) {
      const { watchCluster } = await import('./watch-cluster.ts');
      return await watchCluster(args, io);
    }
    const command = await (COMMANDS[word] as () => Promise<Command>)();
    return await command(args.slice(1), io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // One line, even if the message of the system or a parser has several.
    const message = error.message.replaceAll(/\s*\n\s*/g, ' ');
    await print(io.stderr, `externalname-monitor: ${message}\n`);
    return EXIT.unusable.status;
  }
}
