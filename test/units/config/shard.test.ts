import { describe, expect, it } from 'vitest';
import { shardOf } from '../../../src/config/shard.ts';

describe('shardOf', () => {
  it('takes the number that is given, or that of the pod', () => {
    expect(shardOf({ shard: 1, totalShards: 3 }, 'monitor-2')).toEqual({ index: 1, total: 3 });
    expect(shardOf({ shard: 'auto', totalShards: 3 }, 'monitor-2')).toEqual({ index: 2, total: 3 });
  });

  it.each([
    [
      { shard: 3, totalShards: 3 } as const,
      undefined,
      'it must be below --total-shards, which is 3, got 3',
    ],
    [
      { shard: 'auto', totalShards: 2 } as const,
      'monitor-2',
      'it must be below --total-shards, which is 2, got 2',
    ],
    [
      { shard: 'auto', totalShards: 2 } as const,
      'monitor-7f9c-x',
      '$POD_NAME must end in a number, as the pods of a StatefulSet do, got "monitor-7f9c-x"',
    ],
    [
      { shard: 'auto', totalShards: 2 } as const,
      undefined,
      '$POD_NAME must end in a number, as the pods of a StatefulSet do, got ""',
    ],
  ])('refuses %o of pod %s', (options, pod, why) => {
    expect(() => shardOf(options, pod)).toThrow(why);
  });
});
