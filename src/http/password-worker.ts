/** The thread that checks passwords, one after the other. */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { compareSync } from 'bcryptjs';
import type { Checked, ToCheck } from './passwords.ts';

const port = parentPort;
if (!port) throw new Error('Cannot start the check of passwords: it is not in a worker thread');

/** On Linux this applies to the thread alone, so that probing has priority on few cores. */
if (process.platform === 'linux') setPriority(19);

port.on('message', ({ id, password, hash }: ToCheck) => {
  port.postMessage({ id, isRight: compareSync(password, hash) } satisfies Checked);
});
