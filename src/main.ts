#!/usr/bin/env node
import { watchCluster } from './commands/watch-cluster.ts';
import { UsageError } from './config/values.ts';
import { EXIT } from './model/exit-status.ts';

const [command, ...rest] = process.argv.slice(2);
try {
  if (command === 'demo') {
    // Loaded on demand: a monitor in a cluster has no use for the embedded one.
    const { demo } = await import('./commands/demo.ts');
    await demo(rest);
  } else {
    await watchCluster(process.argv.slice(2));
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  // One line, whatever the system or a parser said.
  process.stderr.write(`externalname-monitor: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
  process.exitCode = EXIT.unusable.status;
}
