#!/usr/bin/env node
import { UsageError } from './config/values.ts';
import { EXIT } from './model/exit-status.ts';

/** Each is loaded on demand, because a command does not need the code of the others. */
const COMMANDS: Readonly<Record<string, () => Promise<(args: readonly string[]) => unknown>>> = {
  demo: async () => (await import('./commands/demo.ts')).demo,
  check: async () => (await import('./commands/check.ts')).check,
  explain: async () => (await import('./commands/explain.ts')).explain,
  completion: async () => (await import('./commands/completion.ts')).completion,
};

const args = process.argv.slice(2);
const [word = ''] = args;
try {
  if (Object.hasOwn(COMMANDS, word)) {
    const command = await COMMANDS[word]?.();
    await command?.(args.slice(1));
  } else {
    const { watchCluster } = await import('./commands/watch-cluster.ts');
    await watchCluster(args);
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  // One line, even if the message of the system or a parser has several.
  process.stderr.write(`externalname-monitor: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
  process.exitCode = EXIT.unusable.status;
}
