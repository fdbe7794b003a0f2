import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure, FailureMatch } from '../../../src/demo/api/failures.ts';
import { externalNameService } from '../../../src/demo/api/objects.ts';
import type { ApiServer } from '../../../src/demo/api/server.ts';
import type { Limits } from '../../../src/kubernetes/limits.ts';
import { ALIASES, Bench, HASTY, type Watching as Seen, Watching } from '../../fixtures/watching.ts';
import { until } from '../../lab/cluster/until.ts';

let bench: Bench;
let api: ApiServer;
let seen: Seen;

beforeEach(async () => {
  bench = new Bench();
  api = await bench.serve();
  api.apply(externalNameService('shop', 'db', 'db.example.com'));
});
afterEach(() => bench.end());

async function watch(limits?: Partial<Limits>): Promise<void> {
  seen = bench.watch(api, limits);
  await bench.connected(api, seen);
}

/** Two more changes reach the sink: the watch is alive, and not just once. */
async function isAlive(): Promise<void> {
  for (const name of ['one', 'two']) {
    api.apply(externalNameService('alive', name, 'a.example.com'));
    await bench.agreed(api, seen);
  }
  await bench.connected(api, seen);
}

const listsOf = (): number => api.requestsOf('list').filter(({ query }) => !query.continue).length;
const forever = Number.POSITIVE_INFINITY;

describe('Reflector, while the API server', () => {
  it('is away at the start', async () => {
    await api.stop();
    seen = bench.watch(api);
    await until('several tries', () => seen.reasons.length > 3);
    expect(new Set(seen.reasons)).toEqual(new Set(['connection']));
    expect(seen.errors[0]).toMatch(/^Cannot list services: connect ECONNREFUSED/);
    expect(seen.now).toEqual({ synced: false, connected: false, failure: 'connection' });
    await api.start();
    await isAlive();
  });

  it('is away for a while: keeps what it has, and goes on from there without a new list', async () => {
    await watch();
    await api.stop();
    await until('the loss', () => !seen.now.connected && seen.reasons.length > 4);
    api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
    api.remove('shop', 'db');
    expect(seen.targets).toEqual(['shop/db db.example.com']);
    await api.start();
    await bench.agreed(api, seen);
    await isAlive();
    expect(new Set(seen.reasons)).toEqual(new Set(['connection']));
    expect(listsOf()).toBe(1);
  });

  it('ends watches cleanly: goes on without a word', async () => {
    await watch();
    api.closeWatches();
    await isAlive();
    expect(listsOf()).toBe(1);
    expect(seen.reasons).toEqual([]);
  });

  it('ends every watch at once: is not hammered', async () => {
    const end = api.fail({ code: 200, body: '' }, { verb: 'watch', times: forever });
    seen = bench.watch(api, { ...HASTY, settledMs: 5_000, random: () => 1 });
    await until('several tries', () => seen.reasons.length === 5);
    expect(new Set(seen.reasons)).toEqual(new Set(['closed']));
    expect(seen.waits).toEqual([20, 40, 80, 100, 100]);
    end();
    await isAlive();
  });

  it('resets connections', async () => {
    await watch();
    const { lastContactAt: before = 0 } = seen.now;
    await until('another millisecond', () => Date.now() > before);
    api.resetWatches();
    await until('the loss', () => seen.reasons.length === 1);
    await bench.connected(api, seen);
    expect(seen.now.lastContactAt).toBeGreaterThan(before);
    await isAlive();
    expect(seen.reasons).toEqual(['connection']);
    expect(listsOf()).toBe(1);
  });

  it.each([['list'], ['watch']] as const)('resets a %s before it answers', async (verb) => {
    api.fail('reset', { verb, times: 2 });
    await watch();
    expect(seen.reasons).toEqual(['connection', 'connection']);
    await isAlive();
  });

  it('leaves a watch half-open: a new one catches up', async () => {
    await watch({ ...HASTY, silenceMs: 300 });
    api.freezeWatches();
    api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
    await bench.agreed(api, seen);
    expect(seen.reasons).toContain('silence');
    // One object was asked for, to compare versions, and nothing more.
    expect(
      api
        .requestsOf('list')
        .slice(1)
        .map(({ query }) => query.limit),
    ).toContain('1');
    expect(api.requestsOf('list').filter(({ query }) => query.limit !== '1')).toHaveLength(1);
  });

  it.each([['list'], ['watch']] as const)('accepts a %s and never answers', async (verb) => {
    api.fail('hang', { verb, times: 2 });
    await watch({ ...HASTY, answerMs: 200 });
    expect(seen.reasons).toEqual(['timeout', 'timeout']);
    await isAlive();
  });

  it('ends no list: the deadline does', async () => {
    const slow = createServer((socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n');
      const drip = setInterval(() => socket.write(' '), 20);
      socket.on('close', () => clearInterval(drip));
    });
    await using _ = await listening(slow);
    const kubeconfig = api.kubeconfig().replace(String(api.port), String(portOf(slow)));
    seen = bench.add(new Watching(kubeconfig, { ...HASTY, listMs: 200 }));
    await until('the deadline', () => seen.reasons.length > 1);
    expect(new Set(seen.reasons)).toEqual(new Set(['timeout']));
  });

  const refusals: [Failure, string, string][] = [
    [{ status: 401 }, 'unauthorized', 'the credentials are not accepted, got status 401'],
    [
      { status: 403 },
      'forbidden',
      'RBAC does not allow it; grant list and watch on services, got status 403: services is forbidden: User "system:serviceaccount:',
    ],
    [{ status: 410 }, 'gone', 'our resourceVersion is too old, got status 410'],
    [{ status: 500 }, 'server_error', 'the API server refused, got status 500: Internal error'],
    [{ status: 504 }, 'server_error', 'the API server refused, got status 504'],
    [{ code: 502, body: '<h1>Bad Gateway' }, 'server_error', 'got status 502: <h1>Bad Gateway'],
    [{ code: 400, body: 'no' }, 'server_error', 'the API server refused, got status 400: no'],
  ];
  it.each(
    refusals.flatMap(([failure, reason, message]) =>
      (['list', 'watch'] as const).map((verb) => [verb, reason, failure, message] as const),
    ),
  )('refuses a %s: %s', async (verb, reason, failure, message) => {
    // The first 400 is taken for an ignorance of the field selector.
    api.fail(failure, {
      verb,
      times: reason === 'server_error' && message.endsWith('400: no') ? 2 : 1,
    });
    await watch();
    expect(seen.reasons).toEqual([reason]);
    expect(seen.errors[0]).toContain(`Cannot ${verb} services: `);
    expect(seen.errors[0]).toContain(message);
    await isAlive();
  });

  it.each([
    ['seconds', { status: 429, retryAfterSeconds: 1 }],
    [
      'a date',
      { code: 429, body: '', headers: { 'retry-after': new Date(Date.now() + 9e9).toUTCString() } },
    ],
  ] as const)('asks to wait, in %s', async (_how, failure) => {
    api.fail(failure, { verb: 'list' });
    seen = bench.watch(api);
    await until('the refusal', () => seen.reasons.length === 1);
    expect(seen.reasons).toEqual(['throttled']);
    expect(seen.waits[0]).toBeGreaterThanOrEqual(1000);
    expect(seen.waits[0]).toBeLessThanOrEqual(300_100);
  });

  it.each([
    ['HTML', '<html>'],
    ['null', 'null'],
    ['no list', '{"kind":"Status"}'],
    ['no resourceVersion', '{"metadata":{},"items":[]}'],
    ['no items', '{"metadata":{"resourceVersion":"7"},"items":{}}'],
  ])('answers a list with %s: nothing is taken for gone', async (_what, body) => {
    await watch();
    api.fail({ code: 200, body }, { verb: 'list' });
    api.failWatches(410);
    await until('the refusal', () => seen.reasons.includes('malformed'));
    await isAlive();
    expect(seen.log.filter((line) => line.startsWith('gone'))).toEqual([]);
  });

  it.each([['event'], ['http']] as const)('has forgotten our version (%s)', async (goneAs) => {
    await watch();
    api.goneAs = goneAs;
    api.closeWatches();
    api.apply(externalNameService('shop', 'mail', 'mail.example.com'));
    api.remove('shop', 'db');
    api.compact();
    await bench.agreed(api, seen);
    expect(seen.reasons).toEqual(['gone']);
    await isAlive();
  });

  it('has forgotten the list by its second page', async () => {
    for (let i = 0; i < 600; i++) api.apply(externalNameService('many', `s${i}`, 'a.test'));
    seen = bench.watch(api);
    // Between the pages, and not a moment later: the second one follows at once.
    const upsert = seen.upsert.bind(seen);
    seen.upsert = (aliases, listed) => {
      if (seen.calls === 0) api.compact();
      upsert(aliases, listed);
    };
    await bench.agreed(api, seen);
    expect(seen.reasons).toEqual(['gone']);
    expect(seen.log.filter((line) => line.startsWith('gone'))).toEqual([]);
    await isAlive();
  });

  it.each([
    ['malformed JSON', '{"type":"ADDED","object":'],
    ['an event without object', '{"type":"ADDED"}'],
    ['an event that is no object', 'null'],
    ['an event of an unknown type', '{"type":"NEW","object":{"metadata":{"resourceVersion":"9"}}}'],
    ['a bookmark without version', '{"type":"BOOKMARK","object":{"metadata":{}}}'],
  ])('sends %s: a new list tells what it was', async (_what, line) => {
    await watch();
    api.sendToWatches(line);
    await until('the restart', () => seen.reasons.length > 0);
    expect(seen.reasons).toEqual(['malformed']);
    await until('the new list', () => listsOf() === 2);
    await isAlive();
  });

  it.each([
    [401, 'unauthorized'],
    [500, 'server_error'],
  ] as const)('ends a watch with the error %i', async (code, reason) => {
    await watch();
    api.failWatches(code);
    await isAlive();
    expect(seen.reasons).toEqual([reason]);
    expect(listsOf()).toBe(1);
  });

  it('goes back to a backup, and is silent on watches from its future: what it then says holds', async () => {
    await watch({ ...HASTY, silenceMs: 300 });
    const backup = api.backup();
    for (const target of ['b', 'c', 'd']) api.apply(externalNameService('shop', 'db', target));
    api.apply(externalNameService('shop', 'lost', 'a.example.com'));
    await bench.agreed(api, seen);
    api.restore(backup);
    await bench.agreed(api, seen);
    expect(seen.targets).toEqual(['shop/db db.example.com']);
    await isAlive();
    expect(new Set(seen.reasons)).toEqual(new Set(['silence']));
  });

  it('goes back to a backup, and a version comes again with other contents', async () => {
    await watch();
    const backup = api.backup();
    api.apply(externalNameService('shop', 'db', 'before.example.com'));
    await bench.agreed(api, seen);
    await api.stop();
    api.restore(backup);
    api.apply(externalNameService('shop', 'db', 'after.example.com'));
    api.compact();
    await api.start();
    await bench.agreed(api, seen);
    await isAlive();
  });

  it('is well, and the sink throws: all but what it throws at gets through', async () => {
    let isBad = true;
    const refuse = (keys: readonly string[]): void => {
      if (isBad && keys.includes('shop/bad')) throw new TypeError('of our own');
    };
    for (const name of ['bad', 'gone']) api.apply(externalNameService('shop', name, 'a.test'));
    const limits = { ...HASTY, relistMs: 300 };
    seen = bench.add(
      new Watching(api.kubeconfig(), limits, ALIASES, (self) => ({
        upsert: (aliases, listed) => {
          refuse(aliases.map(({ key }) => key));
          self.upsert(aliases, listed);
        },
        gone: (keys) => self.gone(keys),
        status: (status) => {
          self.status(status);
          throw new Error('of our own');
        },
        failed: (error, reason, retryMs) => {
          self.failed(error, reason, retryMs);
          throw new Error('of our own');
        },
      })),
    );
    await bench.connected(api, seen);
    expect(seen.targets).toEqual(['shop/db db.example.com', 'shop/gone a.test']);
    api.remove('shop', 'gone');
    api.apply(externalNameService('shop', 'bad', 'b.test'));
    api.apply(externalNameService('shop', 'new', 'c.test'));
    await until('the rest', () => seen.targets.join() === 'shop/db db.example.com,shop/new c.test');
    isBad = false;
    await bench.agreed(api, seen);
    // What the sink has refused looks as if the watch had missed it.
    const others = seen.reasons.filter((reason) => reason !== 'missed');
    expect(new Set(others)).toEqual(new Set(['internal']));
  });
});

describe('Reflector, aborted', () => {
  const moments: [string, Failure | undefined, FailureMatch, () => boolean][] = [
    ['before it has begun', undefined, {}, () => true],
    ['in a list', 'hang', { verb: 'list' }, () => api.requestsOf('list').length === 1],
    [
      'between answer and watch',
      'hang',
      { verb: 'watch' },
      () => api.requestsOf('watch').length === 1,
    ],
    ['in a watch', undefined, {}, () => api.openWatches() === 1],
    ['in a long wait', { status: 429, retryAfterSeconds: 60 }, {}, () => seen.waits.length === 1],
  ];
  it.each(moments)('%s ends, and leaves nothing behind', async (...[, failure, match, isThere]) => {
    const before = process.getActiveResourcesInfo().length;
    if (failure) api.fail(failure, match);
    seen = bench.watch(api);
    await until('the moment', isThere);
    await seen.stop();
    const failed = seen.reasons.length;
    // Sooner than an idle connection would end by itself.
    const isRid = () =>
      api.openConnections === 0 && process.getActiveResourcesInfo().length <= before;
    await until('no connection or timer', isRid, { deadlineMs: 2_000 });
    expect(seen.reasons).toHaveLength(failed);
    expect(seen.now.connected).toBe(false);
  });

  it.each([
    ['while connecting to what never answers', 'https'],
    ['while its greeting is not answered', 'http'],
  ])('%s ends', async (_when, scheme) => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.on('error', () => {}).resume()));
    await using _ = await listening(mute);
    const kubeconfig = api
      .kubeconfig()
      .replace(`http://127.0.0.1:${api.port}`, `${scheme}://127.0.0.1:${portOf(mute)}`);
    seen = bench.add(new Watching(kubeconfig));
    await until('the connection', () => sockets.length === 1);
    const ended = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    const stopped = seen.stop().then(() => 'stopped');
    expect(await Promise.race([stopped, ...(scheme === 'https' ? ended : [])])).toBe('stopped');
    if (scheme === 'http') await Promise.all(ended);
    for (const socket of sockets) socket.destroy();
  });
});

async function listening(server: ReturnType<typeof createServer>): Promise<AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { [Symbol.asyncDispose]: async () => void server.close() };
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
