import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Asker } from '../../src/dns/resolver.ts';
import type { QueryResult } from '../../src/model/round.ts';
import { runRound } from '../../src/probe/round.ts';
import { specOf } from '../spec.ts';

it('lets an error of our own end the round, and not the program', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const result: QueryResult = {
    outcome: 'ok',
    server: '127.0.0.1:53',
    exchanges: [],
    addresses: ['192.0.2.1'],
    chain: [],
  };
  const asker: Asker = {
    ask: async () => result,
    // Long after the alias.
    askAddresses: () => setTimeout(50, { A: result }),
    close: () => {},
  };
  const round = runRound(asker, specOf('db'), {
    clusterDomain: 'cluster.local',
    hops: 'all',
    first: 'app',
    onAlias: () => {
      throw new Error('ours');
    },
  });
  await expect(round).rejects.toThrow('ours');
  expect(unhandled).toEqual([]);
});
