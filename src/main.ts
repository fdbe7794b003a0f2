#!/usr/bin/env node
import { run } from './commands/run.ts';

const status = await run(process.argv.slice(2), process);
// Some sockets may still wait for servers that do not answer.
process.exit(status);
