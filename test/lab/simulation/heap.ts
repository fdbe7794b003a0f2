import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose_gc');
const collect: () => void = runInNewContext('gc');

/** What is in use after a full garbage collection. */
export function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
