import type { Answer } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { type AskOptions, Resolver } from '../../../src/dns/resolver.ts';
import type { StubOptions } from '../../../src/model/messages.ts';
import type { AddressHop, QueryResult } from '../../../src/model/round.ts';
import { addresses, RCODE, reply, type Script, ScriptedServer } from './scripted-server.ts';

const NAME = 'api.example.com';
const servers: ScriptedServer[] = [];
const resolvers: Resolver[] = [];

interface Setting {
  readonly stub?: StubOptions;
  readonly attempts?: number;
  readonly timeoutMs?: number;
}

async function start(...scripts: Script[]): Promise<ScriptedServer[]> {
  const started = await Promise.all(scripts.map((script) => ScriptedServer.start(script)));
  servers.push(...started);
  return started;
}

function resolver(asked: readonly ScriptedServer[], setting: Setting = {}): Resolver {
  const { stub = {}, attempts = 2, timeoutMs = 100 } = setting;
  const options = { servers: asked.map(({ server }) => server), stub, attempts, timeoutMs };
  const opened = new Resolver(options);
  resolvers.push(opened);
  return opened;
}

const ask = (
  asked: readonly ScriptedServer[],
  setting?: Setting,
  options: AskOptions = { edns: false },
): Promise<QueryResult> => resolver(asked, setting).ask({ name: NAME, type: 'A' }, options);

const askBoth = (asked: readonly ScriptedServer[], setting?: Setting): Promise<AddressHop> =>
  resolver(asked, setting).askAddresses(NAME, ['A', 'AAAA'], { edns: false });

/** Each exchange, with the place of its server. */
function exchangesOf(result: QueryResult | undefined, asked: readonly ScriptedServer[]): string[] {
  const places = asked.map(({ server }) => server.label);
  return (result?.exchanges ?? []).map(
    ({ server, transport, outcome }) => `${places.indexOf(server)} ${transport} ${outcome}`,
  );
}

const silent: Script = () => undefined;
const servfail: Script = (query) => reply(query, { flags: RCODE.servfail });
const refused: Script = (query) => reply(query, { flags: RCODE.refused });
const truncated: Script = (query) => reply(query, { flags: 0x0780 });
/** Neither AA nor RA, and nothing in it. */
const lame: Script = (query) => reply(query, { flags: 0x0100 });
const overUdp =
  (udp: Script, tcp: Script): Script =>
  (query, count) =>
    (query.transport === 'udp' ? udp : tcp)(query, count);
const byType =
  (a: Script, aaaa: Script): Script =>
  (query, count) =>
    (query.type === 'A' ? a : aaaa)(query, count);
const once =
  (first: Script, then: Script): Script =>
  (query, count) =>
    (count === 1 ? first : then)(query, count);

afterEach(async () => {
  for (const opened of resolvers.splice(0)) opened.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('the loop over attempts and servers', () => {
  it('goes on to the next server, over TCP, when TCP after TC fails', async () => {
    const asked = await start(
      overUdp(truncated, () => 'reset'),
      addresses,
    );
    const result = await ask(asked);
    expect(result).toMatchObject({ outcome: 'ok', server: asked[1]?.server.label });
    expect(exchangesOf(result, asked)).toEqual([
      '0 udp truncated',
      '0 tcp unreachable',
      '0 tcp unreachable',
      '1 tcp ok',
    ]);
    expect(result.exchanges[1]?.errno).toBe('ECONNRESET');
  });

  it('says truncated when no server answers over TCP, and asks no server twice then', async () => {
    const asked = await start(overUdp(truncated, silent), silent);
    const result = await ask(asked);
    expect(result.outcome).toBe('truncated');
    expect(exchangesOf(result, asked)).toEqual([
      '0 udp truncated',
      '0 tcp timeout',
      '1 tcp timeout',
    ]);
  });

  it('sees TC before it reads the message, which may end anywhere', async () => {
    const cut: Script = async (query, count) => {
      const whole = (await addresses(query)) as Buffer;
      whole.writeUInt16BE(0x8780, 2);
      return whole.subarray(0, whole.length - count);
    };
    const asked = await start(overUdp(cut, addresses));
    expect(exchangesOf(await ask(asked), asked)).toEqual(['0 udp truncated', '0 tcp ok']);
  });

  it.each([
    ['SERVFAIL', servfail, 'servfail'],
    ['REFUSED', refused, 'refused'],
    ['NOTIMP', (query) => reply(query, { flags: 0x0584 }), 'notimp'],
    ['SERVFAIL with TC', (query) => reply(query, { flags: RCODE.servfail | 0x0200 }), 'servfail'],
    ['a header alone', (query) => headerOf(query.bytes, RCODE.refused), 'refused'],
    ['a lame reply', lame, 'refused'],
    ['silence', silent, 'timeout'],
  ] satisfies [string, Script, string][])('goes on after %s', async (_what, script, outcome) => {
    const asked = await start(script, addresses);
    expect(exchangesOf(await ask(asked), asked)).toEqual([`0 udp ${outcome}`, '1 udp ok']);
  });

  it.each([
    ['NXDOMAIN', (query) => reply(query, { flags: RCODE.nxdomain }), 'nxdomain'],
    ['FORMERR', (query) => reply(query, { flags: RCODE.formerr }), 'formerr'],
    ['another rcode', (query) => reply(query, { flags: 0x0589 }), 'other_rcode'],
    ['an empty reply with RA', (query) => reply(query, { flags: 0x0180 }), 'nodata'],
    ['an empty reply with AA', (query) => reply(query, { flags: 0x0500 }), 'nodata'],
    [
      'a reply that cannot be read',
      (query) => (addresses(query) as Buffer).subarray(0, -2),
      'malformed',
    ],
  ] satisfies [string, Script, string][])('takes %s', async (_what, script, outcome) => {
    const asked = await start(script, addresses);
    expect(exchangesOf(await ask(asked), asked)).toEqual([`0 udp ${outcome}`]);
  });

  it('counts the OPT record of our own EDNS as little as a pod would see it', async () => {
    const opt = {
      type: 'OPT',
      name: '.',
      udpPayloadSize: 1232,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    } satisfies Answer;
    const lameWithOpt: Script = (query) => reply(query, { flags: 0x0100, additionals: [opt] });
    const asked = await start(lameWithOpt, addresses);
    const ours = await ask(asked, {}, { edns: true });
    expect(exchangesOf(ours, asked)).toEqual(['0 udp refused', '1 udp ok']);
    const ofPods = await ask(asked, { stub: { edns0: true } });
    expect(exchangesOf(ofPods, asked)).toEqual(['0 udp nodata']);
  });

  it('asks all servers a second time if one was silent', async () => {
    const asked = await start(once(silent, addresses), servfail);
    const result = await ask(asked);
    expect(result.outcome).toBe('ok');
    expect(exchangesOf(result, asked)).toEqual(['0 udp timeout', '1 udp servfail', '0 udp ok']);
  });

  it('keeps an answer with an rcode over later silence', async () => {
    const asked = await start(servfail, silent);
    const result = await ask(asked, { attempts: 1 });
    expect(result).toMatchObject({ outcome: 'servfail', server: asked[0]?.server.label });
  });

  it('takes any reply over TCP for the last word', async () => {
    const asked = await start(overUdp(truncated, servfail), addresses);
    expect((await ask(asked)).outcome).toBe('servfail');
    const partial: Script = async (query) => {
      const whole = (await addresses(query)) as Buffer;
      whole.writeUInt16BE(0x8780, 2);
      return whole;
    };
    expect(await ask(await start(partial))).toMatchObject({ outcome: 'ok' });
  });

  it('does not blame a server for our own EDNS', async () => {
    const dislikesEdns: Script = (query) =>
      query.payload === undefined ? undefined : reply(query, { flags: RCODE.formerr });
    const asked = await start(dislikesEdns);
    const result = await ask(asked, { attempts: 1 }, { edns: true });
    expect(result.outcome).toBe('timeout');
    expect(exchangesOf(result, asked)).toEqual(['0 udp formerr', '0 udp timeout']);
  });

  it('says malformed of a name that cannot be asked for, and asks nothing', async () => {
    const asked = await start(addresses);
    const opened = resolver(asked);
    for (const name of ['', 'a..b', `${'a'.repeat(64)}.test`, 'a\\']) {
      expect(await opened.ask({ name, type: 'A' }, { edns: true })).toEqual({
        outcome: 'malformed',
        server: asked[0]?.server.label,
        exchanges: [],
        addresses: [],
        chain: [],
      });
    }
    expect(asked[0]?.seen).toEqual([]);
  });

  it('asks for any name, byte for byte', async () => {
    const empty: Script = ({ bytes }) => {
      const answer = Buffer.from(bytes);
      answer.writeUInt16BE(0x8580, 2);
      return answer;
    };
    const [server] = await start(empty);
    const opened = resolver(servers);
    for (const [name, hex] of [
      ['.', '00'],
      ['a\\.\\000\\255.example', '04612e00ff076578616d706c6500'],
    ] as const) {
      expect((await opened.ask({ name, type: 'CNAME' }, { edns: false })).outcome).toBe('nodata');
      expect(server?.seen.at(-1)?.bytes.subarray(12, -4).toString('hex')).toBe(hex);
    }
  });

  it('asks for NS', async () => {
    const root: Script = (query) =>
      reply(query, { answers: [{ type: 'NS', name: '.', ttl: 5, data: 'a.root-servers.net' }] });
    const opened = resolver(await start(root));
    const { outcome } = await opened.ask({ name: '.', type: 'NS' }, { edns: true });
    expect(outcome).toBe('ok');
  });
});

describe('A and AAAA together', () => {
  it('are asked at once, from one port', async () => {
    const asked = await start(addresses);
    const hop = await askBoth(asked);
    expect([hop.A?.addresses, hop.AAAA?.addresses]).toEqual([['192.0.2.1'], ['2001:db8::1']]);
    expect(asked[0]?.asked).toEqual(['udp A', 'udp AAAA']);
    expect(asked[0]?.seen[0]?.port).toBe(asked[0]?.seen[1]?.port);
  });

  it('need only one answer: an error of the other leads to no other server', async () => {
    const asked = await start(byType(addresses, servfail), addresses);
    const hop = await askBoth(asked);
    expect([hop.A?.outcome, hop.AAAA?.outcome]).toEqual(['ok', 'servfail']);
    expect(asked[1]?.seen).toEqual([]);
  });

  it('are asked again at the server that answered one of them and was silent about the other', async () => {
    let lost = 0;
    const losing: Script = (query) =>
      query.type === 'AAAA' && lost++ === 0 ? undefined : addresses(query);
    const asked = await start(losing, addresses);
    const hop = await askBoth(asked);
    expect(exchangesOf(hop.AAAA, asked)).toEqual(['0 udp timeout', '0 udp ok']);
    expect(asked[1]?.seen).toEqual([]);
  });

  it('go to the next server, one after the other, when A is not answered although AAAA is', async () => {
    const asked = await start(byType(once(silent, servfail), addresses), addresses);
    const hop = await askBoth(asked);
    expect(exchangesOf(hop.A, asked)).toEqual(['0 udp timeout', '0 udp servfail', '1 udp ok']);
    expect(exchangesOf(hop.AAAA, asked)).toEqual(['0 udp ok', '1 udp ok']);
  });

  it('go to the next server when neither is answered', async () => {
    const asked = await start(byType(servfail, silent), addresses);
    const hop = await askBoth(asked);
    expect(exchangesOf(hop.A, asked)).toEqual(['0 udp servfail', '1 udp ok']);
    expect(exchangesOf(hop.AAAA, asked)).toEqual(['0 udp timeout', '1 udp ok']);
  });

  it('are both asked over TCP when one reply is truncated, and keep what was answered before', async () => {
    const half = overUdp(byType(truncated, addresses), byType(addresses, silent));
    const asked = await start(half, silent);
    const hop = await askBoth(asked);
    expect(exchangesOf(hop.A, asked)).toEqual(['0 udp truncated', '0 tcp ok', '1 tcp timeout']);
    expect(exchangesOf(hop.AAAA, asked)).toEqual(['0 udp ok', '0 tcp timeout', '1 tcp timeout']);
    expect([hop.A?.outcome, hop.AAAA?.outcome]).toEqual(['ok', 'ok']);
  });
});

describe('options of resolv.conf', () => {
  it('use-vc: TCP only, each server once', async () => {
    const asked = await start(silent, addresses);
    const result = await ask(asked, { stub: { useVc: true } });
    expect(exchangesOf(result, asked)).toEqual(['0 tcp timeout', '1 tcp ok']);
  });

  it('edns0 and trust-ad: as they say, with the payload size of glibc', async () => {
    const asked = await start(addresses);
    await ask(asked, { stub: { edns0: true, trustAd: true } });
    await ask(asked);
    expect(asked[0]?.seen.map(({ payload, ad }) => [payload, ad])).toEqual([
      [1200, true],
      [undefined, false],
    ]);
  });

  it('no-aaaa: A alone', async () => {
    const asked = await start(addresses);
    expect(Object.keys(await askBoth(asked, { stub: { noAaaa: true } }))).toEqual(['A']);
    expect(asked[0]?.asked).toEqual(['udp A']);
  });

  it('rotate: each lookup starts with another server', async () => {
    const asked = await start(addresses, addresses);
    const opened = resolver(asked, { stub: { rotate: true } });
    for (let i = 0; i < 4; i++) await opened.askAddresses(NAME, ['A', 'AAAA'], { edns: false });
    expect(asked.map(({ asked }) => asked)).toEqual([
      ['udp A', 'udp AAAA', 'udp A', 'udp AAAA'],
      ['udp A', 'udp AAAA', 'udp A', 'udp AAAA'],
    ]);
  });

  it.each([
    ['single-request', { singleRequest: true }, true],
    ['single-request-reopen', { singleRequestReopen: true }, false],
  ] satisfies [string, StubOptions, boolean][])(
    '%s: AAAA once A is answered',
    async (_what, stub, isSamePort) => {
      let answeredAt = Infinity;
      const slow: Script = async (query) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (query.type === 'A') answeredAt = performance.now();
        return addresses(query);
      };
      const asked = await start(slow);
      const hop = await askBoth(asked, { stub });
      expect([hop.A?.outcome, hop.AAAA?.outcome]).toEqual(['ok', 'ok']);
      const [a, aaaa] = asked[0]?.seen ?? [];
      expect(aaaa?.at).toBeGreaterThanOrEqual(answeredAt);
      expect(a?.port === aaaa?.port).toBe(isSamePort);
    },
  );

  it('single-request: the next server if A is not answered', async () => {
    const asked = await start(byType(servfail, addresses), addresses);
    const hop = await askBoth(asked, { stub: { singleRequest: true } });
    expect([hop.A?.outcome, hop.A?.server]).toEqual(['ok', asked[1]?.server.label]);
    expect(asked.map(({ asked }) => asked)).toEqual([['udp A'], ['udp A', 'udp AAAA']]);
  });

  it('single-request-reopen: AAAA is not asked again', async () => {
    const asked = await start(byType(addresses, silent), addresses);
    const hop = await askBoth(asked, { stub: { singleRequestReopen: true } });
    expect([hop.A?.outcome, hop.AAAA?.outcome]).toEqual(['ok', 'timeout']);
    expect(asked.map(({ asked }) => asked)).toEqual([['udp A', 'udp AAAA'], []]);
  });
});

describe('permits', () => {
  /** At most `size` at once; counts what is out. */
  function budget(size: number) {
    const waiting: (() => void)[] = [];
    const state = { out: 0, most: 0, taken: 0, waiting };
    const release = (): void => {
      state.out--;
      waiting.shift()?.();
    };
    const permit = async (): Promise<() => void> => {
      if (state.out >= size) await new Promise<void>((resolve) => waiting.push(resolve));
      state.out++;
      state.taken++;
      state.most = Math.max(state.most, state.out);
      let isReleased = false;
      return () => {
        expect(isReleased).toBe(false);
        isReleased = true;
        release();
      };
    };
    return { state, permit };
  }

  it('are taken for each exchange, and returned in every case', async () => {
    const asked = await start(
      overUdp(truncated, () => 'reset'),
      silent,
      addresses,
    );
    const { state, permit } = budget(1);
    const opened = resolver(asked, { timeoutMs: 30 });
    const hop = await opened.askAddresses(NAME, ['A', 'AAAA'], { edns: false, permit });
    const count = (hop.A?.exchanges.length ?? 0) + (hop.AAAA?.exchanges.length ?? 0);
    expect(state).toMatchObject({ out: 0, most: 1, taken: count });
    expect(hop.A?.outcome).toBe('ok');
  });

  it('are returned when the resolver is closed, also one that comes too late', async () => {
    const asked = await start(silent);
    const { state, permit } = budget(1);
    const opened = resolver(asked, { timeoutMs: 60_000 });
    const hop = opened.askAddresses(NAME, ['A', 'AAAA'], { edns: false, permit });
    while (asked[0]?.seen.length === 0) await new Promise(setImmediate);
    expect(state).toMatchObject({ out: 1, waiting: [expect.any(Function)] });
    opened.close();
    const { A, AAAA } = await hop;
    expect([A?.outcome, A?.exchanges.length]).toEqual(['timeout', 1]);
    expect([AAAA?.outcome, AAAA?.exchanges.length]).toEqual(['timeout', 0]);
    await new Promise(setImmediate);
    expect(state).toMatchObject({ out: 0, taken: 2 });
    expect(asked[0]?.seen).toHaveLength(1);
  });

  it('hold nothing up when TCP is under way while the resolver is closed', async () => {
    const asked = await start(silent);
    const { state, permit } = budget(1);
    const opened = resolver(asked, { timeoutMs: 60_000, stub: { useVc: true } });
    const result = opened.ask({ name: NAME, type: 'A' }, { edns: false, permit });
    while (asked[0]?.seen.length === 0) await new Promise(setImmediate);
    opened.close();
    expect((await result).outcome).toBe('timeout');
    expect(state.out).toBe(0);
  });
});

function headerOf(query: Buffer, flags: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(flags | 0x8000, 2);
  return header;
}
