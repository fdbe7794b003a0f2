/** Lists beside the watch: a doubt never costs a list under way, nor a good watch. */
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { externalNameService } from '../../../src/demo/api/objects.ts';
import type { ApiServer } from '../../../src/demo/api/server.ts';
import { Holdings } from '../../../src/kubernetes/holdings.ts';
import type { Limits } from '../../../src/kubernetes/limits.ts';
import type { KubernetesObject } from '../../../src/kubernetes/resource.ts';
import { steadyNow } from '../../../src/model/time.ts';
import { ALIASES, type Alias, Bench, HASTY, Watching } from '../../fixtures/watching.ts';
import { until } from '../../lab/cluster/until.ts';
import { ListGate } from './_list-gate.ts';

const QUICK: Partial<Limits> = { ...HASTY, doubtMs: 50, backoffMs: 1 };

let bench: Bench;
let api: ApiServer;
let gate: ListGate;
let seen: Watching;

beforeEach(async () => {
  bench = new Bench();
  api = await bench.serve();
  api.apply(externalNameService('shop', 'db', 'db.example.com'));
  gate = new ListGate(api);
});
afterEach(async () => {
  await seen.stop();
  gate.stop();
  await bench.end();
});

async function start(limits: Partial<Limits> = QUICK): Promise<void> {
  seen = bench.add(new Watching(await gate.start(), limits));
}

async function watch(limits: Partial<Limits> = QUICK): Promise<void> {
  await start(limits);
  await bench.connected(api, seen);
}

/** Lists wait from now on; returns what lets them go. */
function holdLists(): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  gate.hold = () => promise;
  return () => {
    gate.hold = async () => {};
    resolve();
  };
}

const lists = (): number => api.requestsOf('list').length;
const watches = (): number => api.requestsOf('watch').length;
const edit = (name: string, target: string): void => {
  api.apply(externalNameService('shop', name, target));
};

describe('a doubt', () => {
  it('is answered by a list beside the watch, which goes on', async () => {
    await watch();
    const doubtedAt = steadyNow();
    seen.relist();
    await until('the list', () => (seen.now.lastListAt ?? 0) >= doubtedAt);
    edit('db', 'db2.example.com');
    await bench.agreed(api, seen);
    expect([lists(), watches(), api.maxOpenWatches]).toEqual([2, 1, 1]);
    expect(seen.statuses.filter(({ connected }) => connected).length).toBeGreaterThan(1);
    expect([seen.relists, seen.reasons]).toEqual([['doubt'], []]);
    expect(seen.log).toEqual(['listed shop/db db.example.com', 'seen shop/db db2.example.com']);
  });

  it('does not abort the first list, which takes long, with many doubts meanwhile', async () => {
    gate.hold = () => sleep(1_500);
    await start();
    const doubts = setInterval(() => seen.relist(), 250);
    await until('the first list', () => seen.now.synced);
    await bench.connected(api, seen);
    await until('a list for the doubts', () => lists() === 2);
    clearInterval(doubts);
    expect(seen.relists).toEqual(['doubt']);
    expect([gate.aborted, seen.reasons, watches()]).toEqual([0, [], 1]);
  });

  it('during a list waits for one list that begins after it, however many there are', async () => {
    await watch();
    let release = holdLists();
    seen.relist();
    await until('the list', () => gate.waiting === 1);
    const doubtedAt = steadyNow();
    for (let i = 0; i < 10; i++) seen.relist();
    release();
    release = holdLists();
    await until('another list', () => gate.waiting === 1 && lists() === 3);
    expect(seen.now.lastListAt).toBeLessThan(doubtedAt);
    release();
    await until('its end', () => (seen.now.lastListAt ?? 0) >= doubtedAt);
    await sleep(3 * 50);
    expect([lists(), watches()]).toEqual([3, 1]);
    expect(seen.relists).toEqual(['doubt', 'doubt']);
  });

  it('keeps a distance between two lists', async () => {
    await watch({ ...QUICK, doubtMs: 400 });
    const before = steadyNow();
    seen.relist();
    await until('a list', () => lists() === 2);
    seen.relist();
    await until('another list', () => lists() === 3);
    expect(steadyNow() - before).toBeGreaterThanOrEqual(400);
  });

  it('waits with backoff while lists are answered 429, and new Services are seen', async () => {
    await watch();
    const end = api.fail({ status: 429, retryAfterSeconds: 1 }, { verb: 'list', times: 100 });
    seen.relist();
    await until('the refusal', () => seen.reasons.length > 0);
    edit('new', 'new.example.com');
    await bench.agreed(api, seen);
    expect([seen.reasons, lists(), watches()]).toEqual([['throttled'], 2, 1]);
    expect(seen.waits[0]).toBeGreaterThanOrEqual(1_000);
    end();
    await until('a list', () => seen.relists.length === 2 && lists() === 3);
    expect([seen.reasons, watches(), seen.now.connected]).toEqual([['throttled'], 1, true]);
  });

  it('of a time before the list that a watch begins with is answered by that', async () => {
    await watch();
    const release = holdLists();
    seen.relist();
    await until('the list beside', () => gate.waiting === 1);
    api.failWatches(410);
    await until('the list of the watch', () => gate.waiting === 2);
    expect(gate.aborted).toBe(1);
    release();
    await until('a watch', () => watches() === 2 && seen.now.connected);
    await sleep(3 * 50);
    expect([lists(), seen.relists]).toEqual([3, ['doubt', 'failed_watch']]);
  });

  it('replaces a watch that has not delivered what the list shows, from where it was', async () => {
    await watch();
    const version = String(api.resourceVersion);
    api.freezeWatches();
    edit('db', 'db2.example.com');
    edit('new', 'new.example.com');
    seen.relist();
    await until('the new watch', () => watches() === 2 && seen.now.connected);
    await bench.agreed(api, seen);
    expect([lists(), seen.reasons]).toEqual([2, ['missed']]);
    expect(api.requestsOf('watch')[1]?.query.resourceVersion).toBe(version);
  });
});

describe('a list that is older than what the watch has delivered', () => {
  it('changes nothing of that', async () => {
    for (const name of ['edited', 'deleted', 'again']) edit(name, 'old.example.com');
    await watch();
    const release = holdLists();
    seen.relist();
    await until('the list', () => gate.waiting === 1);
    edit('edited', 'new.example.com');
    edit('created', 'new.example.com');
    api.remove('shop', 'deleted');
    api.remove('shop', 'again');
    edit('again', 'new.example.com');
    await bench.agreed(api, seen);
    const { log } = seen;
    const before = [...log];
    release();
    await until('the end of the list', () => seen.statuses.length > 0 && gate.waiting === 0);
    await sleep(100);
    expect(log).toEqual(before);
    await bench.agreed(api, seen);
    expect([seen.reasons, watches()]).toEqual([[], 1]);
  });

  it('never takes back what any watch has shown, and repairs what it has missed', async () => {
    const change = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      uid: fc.constantFrom('1', '2', undefined),
      // Missed: the watch never delivers it. Early and late: before and after the list is made.
      when: fc.constantFrom('missed', 'early', 'late'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change), fc.integer({ min: 1, max: 3 }), async (changes, size) => {
        const held = new Map<string, Alias>();
        const holdings = new Holdings(
          ALIASES,
          {
            upsert: (items) => {
              for (const item of items) held.set(item.key, item);
            },
            gone: (keys) => {
              for (const key of keys) held.delete(key);
            },
            status: () => {},
            failed: () => {},
          },
          (error) => {
            throw error;
          },
        );
        const real = new Map<string, KubernetesObject>();
        const make = ({ key, uid }: { key: string; uid: string | undefined }, version: number) => {
          const object = uid === undefined ? undefined : objectOf(key, uid, version);
          if (object) real.set(key, object);
          else real.delete(key);
          return new Map([[`shop/${key}`, object]]);
        };
        const late: ReadonlyMap<string, KubernetesObject | undefined>[] = [];
        changes.forEach((one, version) => {
          if (one.when === 'late') return;
          const objects = make(one, version);
          if (one.when === 'early') holdings.watched(objects);
        });
        const listed = [...real.values()];
        changes.forEach((one, version) => {
          if (one.when === 'late') late.push(make(one, version));
        });
        // A late event comes before each page, the rest after them.
        const pages = async function* () {
          for (let i = 0; i < listed.length; i += size) {
            const next = late.shift();
            if (next) holdings.watched(next);
            yield listed.slice(i, i + size);
          }
        };
        await holdings.listed(pages(), false, new AbortController().signal);
        for (const objects of late) holdings.watched(objects);
        const expected = [...real.values()].map((object) => ALIASES.slim(object));
        expect(new Set(held.values())).toEqual(new Set(expected));
      }),
    );
    seen = bench.watch(api);
  });
});

function objectOf(name: string, uid: string, version: number): KubernetesObject {
  const metadata = { namespace: 'shop', name, uid, resourceVersion: String(version) };
  return { metadata, spec: { type: 'ExternalName', externalName: `v${version}.example.com` } };
}
