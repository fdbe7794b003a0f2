import { setTimeout } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Asker } from '../../../src/dns/resolver.ts';
import type { AddressHop, QueryResult } from '../../../src/model/round.ts';
import { runRound } from '../../../src/probe/round.ts';
import { ok, result } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';

it('lets an error of our own end the round, and not the program', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const answer = ok('192.0.2.1');
  const asker: Asker = {
    ask: async () => answer,
    // Long after the alias.
    askAddresses: () => setTimeout(50, { A: answer }),
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

it('keeps what cluster DNS said of a chain that it left open, and says that its end has an address', async () => {
  const answers: Readonly<Record<string, Partial<QueryResult>>> = {
    'db.example.com': { outcome: 'bare_cname', chain: [{ name: 'x.other.com', ttl: 9 }] },
    'x.other.com': { outcome: 'ok', addresses: ['192.0.2.1'] },
  };
  const base = result('nodata');
  const asker: Asker = {
    ask: async () => ({ ...base, outcome: 'ok', chain: [{ name: 'db.example.com', ttl: 5 }] }),
    askAddresses: async (name) => ({ A: { ...base, ...answers[name] } }),
    close: () => {},
  };
  const spec = specOf('db', { externalName: 'db.example.com' });
  const { target } = await runRound(asker, spec, {
    clusterDomain: 'cluster.local',
    hops: 'all',
    first: 'app',
  });
  expect(target?.A).toMatchObject({ outcome: 'bare_cname', addresses: [], leftOpen: true });
  expect(target?.A?.chain).toEqual([{ name: 'x.other.com', ttl: 9 }]);
});

it('follows a chain that is open for one type alone, unless a SOA record says that there is nothing', async () => {
  const asked: string[] = [];
  const base = result('bare_cname', { chain: ['x.other.com'] });
  const found: QueryResult = { ...base, outcome: 'ok', addresses: ['2001:db8::1'] };
  const negative = { zone: 'other.com', ttl: 60, minimum: 60 };
  const targetOf = async (first: QueryResult): Promise<AddressHop | undefined> => {
    const asker: Asker = {
      ask: async () => ({ ...base, outcome: 'ok', chain: [{ name: 'db.example.com', ttl: 5 }] }),
      askAddresses: async (name, types) => {
        if (name === 'db.example.com') return { A: first, AAAA: found };
        asked.push(`${name} ${types}`);
        return { A: { ...base, outcome: 'refused', chain: [] } };
      },
      close: () => {},
    };
    const spec = specOf('db', { externalName: 'db.example.com' });
    const options = { clusterDomain: 'cluster.local', hops: 'all', first: 'target' } as const;
    return (await runRound(asker, spec, { ...options, edns: false })).target;
  };
  expect(await targetOf(base)).toMatchObject({ A: { outcome: 'refused' }, AAAA: found });
  expect(asked.filter((one) => one.startsWith('x.other.com'))).toEqual(['x.other.com A']);
  asked.length = 0;
  expect(await targetOf({ ...base, negative })).toMatchObject({ A: { outcome: 'bare_cname' } });
  expect(asked.filter((one) => one.startsWith('x.other.com'))).toEqual([]);
});
