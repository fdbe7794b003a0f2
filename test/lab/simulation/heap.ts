import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose_gc');
const collect: () => void = runInNewContext('gc');

/** Used heap after a full garbage collection, in bytes. */
export function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
