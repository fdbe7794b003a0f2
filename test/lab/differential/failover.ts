/** Compares the next server of glibc's resolver after a failure with that of ours. */
import { Resolver } from '../../../src/dns/resolver.ts';
import type { Server, StubOptions } from '../../../src/model/messages.ts';
import { CLIENTS, canonical, type Lookup, lookUp } from './clients.ts';
import {
  type FailoverCase,
  FailoverScript,
  failoverCase,
  nameFor,
  OPTION_SETS,
  SERVERS,
} from './failovers.ts';
import {
  type FailoverDifference,
  KNOWN_FAILOVER_DIFFERENCES,
} from './known-failover-differences.ts';
import type { Configs } from './namespace.ts';
import { ADDRESS_TYPES } from './replies.ts';
import type { Explained, Reason } from './report.ts';
import { ScriptedServers } from './scripted-servers.ts';

const TIMEOUT_SECONDS = 1;
const ATTEMPTS = 2;
/**
 * Cases that the table does not explain are played again, because a busy machine may have been
 * late.
 */
const ROUNDS = 3;

type Ours = FailoverDifference['ours'];

export async function compareFailover(
  configs: Configs,
  seed: number,
  count: number,
): Promise<Explained<FailoverDifference>> {
  const all = Array.from({ length: count }, (_, index) => failoverCase(seed, index));
  const script = new FailoverScript(all);
  const servers = await ScriptedServers.start(SERVERS, (query) => script.play(query));
  const counts = new Map<Reason, number>(KNOWN_FAILOVER_DIFFERENCES.map((known) => [known, 0]));
  let unexplained: readonly FailoverDifference[] = [];
  let left: readonly FailoverCase[] = all;
  try {
    for (let round = 0; round < ROUNDS && left.length > 0; round++) {
      unexplained = (await differencesOf(configs, left, round)).filter(
        (one) => !isExplained(one, counts),
      );
      left = unexplained.map((one) => one.case);
    }
  } finally {
    servers.stop();
  }
  return { counts, unexplained };
}

async function differencesOf(
  configs: Configs,
  cases: readonly FailoverCase[],
  round: number,
): Promise<readonly FailoverDifference[]> {
  const [real, ours] = await Promise.all([askGlibc(configs, cases, round), askOurs(cases, round)]);
  return cases.flatMap((one) => {
    const [a, b] = [real.get(one), ours.get(one)];
    if (!a || !b) throw new Error(`Cannot compare case ${one.index}: it was not looked up`);
    return a.addresses.join() === b.addresses.join() ? [] : [{ case: one, real: a, ours: b }];
  });
}

/** Counts the first reason in the table for this. */
function isExplained(difference: FailoverDifference, counts: Map<Reason, number>): boolean {
  const known = KNOWN_FAILOVER_DIFFERENCES.find(({ explains }) => explains(difference));
  if (known) counts.set(known, (counts.get(known) ?? 0) + 1);
  return known !== undefined;
}

async function askGlibc(
  configs: Configs,
  cases: readonly FailoverCase[],
  round: number,
): Promise<Map<FailoverCase, Lookup>> {
  const client = CLIENTS.find(({ reader }) => reader === 'glibc');
  if (!client) throw new Error('Cannot compare: there is no client of glibc');
  const found = new Map<FailoverCase, Lookup>();
  const groups = Object.keys(OPTION_SETS).map(async (options) => {
    const group = cases.filter((one) => one.options === options);
    if (group.length === 0) return;
    const names = new Map(group.map((one) => [`${nameFor('real', one, round)}.`, one]));
    const conf = `timeout:${TIMEOUT_SECONDS} attempts:${ATTEMPTS} ${options}`;
    const parallel = Math.ceil(PARALLEL * (group.length / cases.length));
    const lookups = await lookUp(client, configs, { servers: SERVERS, options: conf, parallel }, [
      ...names.keys(),
    ]);
    for (const [name, lookup] of lookups) {
      const one = names.get(name);
      if (one) found.set(one, lookup);
    }
  });
  await Promise.all(groups);
  return found;
}

const PARALLEL = 256;
const ADDRESSES: readonly Server[] = SERVERS.map((address) => ({
  address,
  port: 53,
  label: `${address}:53`,
}));

async function askOurs(
  cases: readonly FailoverCase[],
  round: number,
): Promise<Map<FailoverCase, Ours>> {
  const found = new Map<FailoverCase, Ours>();
  const left = cases.values();
  const work = async (): Promise<void> => {
    for (const one of left) found.set(one, await askOne(one, round));
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return found;
}

async function askOne(one: FailoverCase, round: number): Promise<Ours> {
  const resolver = new Resolver({
    servers: ADDRESSES,
    timeoutMs: TIMEOUT_SECONDS * 1000,
    attempts: ATTEMPTS,
    stub: stubOf(one.options),
  });
  const hop = await resolver.askAddresses(nameFor('ours', one, round), ADDRESS_TYPES, {
    edns: false,
  });
  resolver.close();
  const results = ADDRESS_TYPES.flatMap((type) => hop[type] ?? []);
  const read = results.filter(({ unreadBy }) => !unreadBy?.includes('glibc'));
  return {
    addresses: canonical(read.flatMap(({ addresses }) => addresses)),
    hop,
  };
}

function stubOf(options: string): StubOptions {
  const stubs: Readonly<Record<string, StubOptions>> = {
    'use-vc': { useVc: true },
    'single-request': { singleRequest: true },
    'single-request-reopen': { singleRequestReopen: true },
    'no-aaaa': { noAaaa: true },
    edns0: { edns0: true },
    'trust-ad': { trustAd: true },
  };
  return stubs[options] ?? {};
}
