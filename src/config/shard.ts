import type { Shard } from '../model/service.ts';
import type { Options } from './options.ts';
import { quoted, UsageError } from './values.ts';

/**
 * The shard of this monitor.
 *
 * @throws UsageError if the shard does not exist, or the pod's name does not end in a number
 */
export function shardOf(
  { shard, totalShards: total }: Pick<Options, 'shard' | 'totalShards'>,
  podName: string | undefined,
): Shard {
  const index = shard === 'auto' ? ordinalOf(podName ?? '') : shard;
  if (index < total) return { index, total };
  throw new UsageError(
    `Cannot use --shard: it must be below --total-shards, which is ${total}, got ${index}`,
  );
}

function ordinalOf(podName: string): number {
  const [, ordinal] = /-(\d{1,3})$/.exec(podName) ?? [];
  if (ordinal !== undefined) return Number(ordinal);
  throw new UsageError(
    `Cannot use --shard=auto: $POD_NAME must end in a number, as the pods of a StatefulSet do, got ${quoted(podName)}`,
  );
}
