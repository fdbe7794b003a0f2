/** Actions of rows that take more than one call. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordType } from 'dns-packet';
import { ask, externalName, type Reply, until } from '../cluster/index.ts';
import { keyOf, NAMESPACE } from './population.ts';
import { INTERVAL_MS } from './reach.ts';
import type { Mend } from './row.ts';
import type { Words } from './words.ts';
import { aliasNamed, service, UNWATCHED, type World } from './world.ts';

/** The reply that a pod gets from cluster DNS, queried from an address of this machine. */
export function pod(
  world: World,
  name: string,
  type: RecordType = 'A',
  from?: string,
): Promise<Reply> {
  return ask(world.cluster.clusterDns, name, type, { timeoutMs: 3_000, ...(from && { from }) });
}

export function twoRounds(): Promise<void> {
  return sleep(2 * INTERVAL_MS);
}

/** Waits until the common monitor reports these words for a Service. */
export async function untilSaid(world: World, name: string, words: Words): Promise<void> {
  const { watch } = world.common;
  await until(words, () => watch.now(keyOf(name)) === words, { deadlineMs: 30_000 });
}

/**
 * A client that sends so many queries per second for other names of a domain, without waiting for
 * replies.
 */
export function flood(world: World, domain: string, perSecond: number): () => void {
  let count = 0;
  const timer = setInterval(() => {
    const name = `n${count++}.${domain}`;
    ask(world.cluster.clusterDns, name, 'A', { timeoutMs: 50 }).catch(() => {});
  }, 1_000 / perSecond);
  return () => clearInterval(timer);
}

/** Calls `step` with 0, 1, 0, 1, … at an interval, the first time immediately; ends with `last`. */
async function keepDoing(
  everyMs: number,
  step: (parity: number) => Promise<unknown>,
  last: () => Promise<unknown>,
): Promise<Mend> {
  const stop = new AbortController();
  await step(0);
  const ended = (async () => {
    for (let count = 1; ; count++) {
      await sleep(everyMs, undefined, { signal: stop.signal });
      await step(count % 2);
    }
  })().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  return async () => {
    stop.abort();
    await ended;
    await last();
  };
}

/** Edits a Service back and forth between two working targets. */
export function keepEditing(world: World, name: string, everyMs: number): Promise<Mend> {
  const targets = ['www.fine-0.test', 'www.fine-1.test'];
  const edit = (target: string) => world.target(name, target);
  return keepDoing(
    everyMs,
    (parity) => edit(targets[parity] ?? ''),
    () => edit(world.services[name] ?? ''),
  );
}

/** Alternates a Service between another type and ExternalName. */
export function keepRetyping(world: World, name: string, everyMs: number): Promise<Mend> {
  const { kube } = world.cluster;
  const back = { type: 'ExternalName', externalName: world.services[name] };
  const external = { ...back, clusterIP: null, clusterIPs: null, ports: null };
  const other = { type: 'ClusterIP', externalName: null, ports: [{ port: 80 }] };
  let isOther = false;
  const become = async (other_: boolean): Promise<void> => {
    await kube.patch(service(name), { spec: other_ ? other : external });
    isOther = other_;
  };
  return keepDoing(
    everyMs,
    (parity) => become(parity === 0),
    async () => {
      if (isOther) await become(false);
    },
  );
}

export const EARLY = 'early';
/**
 * Namespaces: one that our monitor watches, one without any monitor, and one that only
 * blackbox_exporter probes.
 */
const [ALONE, PROBED] = UNWATCHED;
const WHERE = [NAMESPACE, ALONE, PROBED];

/**
 * Creates three Services that CoreDNS cannot serve, two of them where our monitor does not see
 * them.
 */
export async function createEarly(world: World): Promise<Mend> {
  const { cluster } = world;
  // All negative answers are cached, including those of the cluster's zone.
  const mend = await world.corefile({ cacheConfig: [] });
  cluster.dns.apiLink.cutOff();
  const objects = WHERE.map((where) => externalName(EARLY, 'www.fine-0.test', where));
  for (const object of objects) await cluster.kube.create(object);
  return async () => {
    await cluster.dns.apiLink.restore();
    for (const object of objects) await cluster.kube.delete(object);
    await mend();
  };
}

/**
 * Types that no other client queries: each has its own entry in CoreDNS's cache, and is queried
 * once.
 */
const OTHER_TYPES: RecordType[] = ['TXT', 'MX', 'SRV', 'NS', 'SOA', 'PTR', 'CAA', 'HINFO', 'NAPTR'];

/**
 * Reconnects CoreDNS to the API server, and measures how long after that a client gets the address
 * of each Service.
 *
 * @throws Error if our queries have made it longer
 */
export async function compareEarly(world: World): Promise<string> {
  const { dns } = world.cluster;
  const ours = dns.seen.filter(({ name }) => name === aliasNamed(EARLY)).map(({ type }) => type);
  await dns.apiLink.restore();
  const types = OTHER_TYPES.values();
  await until(
    'that CoreDNS knows',
    async () => (await pod(world, aliasNamed(EARLY), types.next().value)).rcode === 'NOERROR',
    { everyMs: 400 },
  );
  const knownAt = performance.now();
  const outage = async (where: string): Promise<number> => {
    const hasAddress = async () =>
      (await pod(world, aliasNamed(EARLY, where))).answers.some((one) => one.includes(' A '));
    await until('an address', hasAddress, { everyMs: 50 });
    return (performance.now() - knownAt) / 1_000;
  };
  const [watched = 0, alone = 0, probed = 0] = await Promise.all(WHERE.map(outage));
  const told =
    `${ours.length} queries of the monitor (${[...new Set(ours)]}) for a name that CoreDNS did not know yet; once it did, a client got the address after ` +
    `${watched.toFixed(1)} s, that of a Service without a probe after ${alone.toFixed(1)} s, ` +
    `that of one probed by blackbox_exporter after ${probed.toFixed(1)} s`;
  if (ours.length === 0 || watched > alone + 1)
    throw new Error(`The monitor's queries do harm: ${told}`);
  return told;
}
