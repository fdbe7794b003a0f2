/** The reply of a DNS server of the simulated cluster to a query. */
import type { Outcome } from '../../../src/model/outcome.ts';
import type { ChainLink } from '../../../src/model/round.ts';
import { BACKEND, CLUSTER_DOMAIN, type Host, type World } from './world.ts';

export interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'CNAME' | 'NS';
}

export interface Reply {
  /** From the query to the reply; absent if there is no reply. */
  readonly afterMs?: number;
  readonly outcome: Outcome;
  readonly addresses: readonly string[];
  readonly chain: readonly ChainLink[];
  /** The server had to forward the query, or would have had to. */
  readonly isForwarded: boolean;
}

/** CoreDNS gives up on its upstream after about this. */
const GIVES_UP_MS = 4_000;
const SLOW_MS = 1_200;
const SLOW_SERVER_MS = 400;
const LOCAL_MS = 1;
/** Share of messages that a lossy server loses. */
export const LOSS = 0.1;
const TTL = 30;
const CONTROL = `kubernetes.default.svc.${CLUSTER_DOMAIN}`;
const MAX_CHAIN = 8;

const NONE: readonly never[] = [];

export function replyOf(
  world: World,
  host: Host,
  question: Question,
  edns: boolean,
  random: () => number,
): Reply {
  const { fault } = host;
  const reply = answer(world, host, question);
  const isLost =
    fault === 'silent' ||
    (fault === 'edns_dropped' && edns) ||
    (world.muted.has(question.name) && question.type !== 'CNAME') ||
    (fault === 'lossy' && random() < LOSS);
  // A lost query is not forwarded either.
  if (isLost) return silence(reply.isForwarded && fault !== 'silent');
  if (fault === 'servfail') return empty('servfail', LOCAL_MS);
  if (fault !== 'slow' || reply.afterMs === undefined) return reply;
  return { ...reply, afterMs: reply.afterMs + SLOW_SERVER_MS };
}

/** No reply. */
export function silence(isForwarded: boolean): Reply {
  return { outcome: 'timeout', addresses: NONE, chain: NONE, isForwarded };
}

function answer(world: World, host: Host, { name, type }: Question): Reply {
  if (type === 'NS') return forwarded(world, host, name, 'A');
  if (!name.endsWith(`.${CLUSTER_DOMAIN}`)) return forwarded(world, host, name, type);
  if (name === CONTROL || name === BACKEND) {
    if (type !== 'A') return empty('nodata', LOCAL_MS);
    return found(LOCAL_MS, ['10.96.0.1'], NONE, false);
  }
  const target = host.served.get(name);
  if (target === undefined) return empty('nxdomain', LOCAL_MS);
  const chain = [{ name: target, ttl: TTL }];
  if (type === 'CNAME') return found(LOCAL_MS, NONE, chain, false);
  let last = target;
  for (let next = host.served.get(last); next !== undefined; next = host.served.get(last)) {
    if (chain.length >= MAX_CHAIN) return empty('servfail', LOCAL_MS);
    chain.push({ name: next, ttl: TTL });
    last = next;
  }
  const end = answer(world, host, { name: last, type });
  // CoreDNS drops the rcode of a failed lookup for an alias, and serves the bare CNAME.
  const isLost = end.afterMs !== undefined && end.outcome !== 'ok';
  return { ...end, chain, outcome: isLost ? 'bare_cname' : end.outcome };
}

/** The reply from outside the cluster. */
function forwarded(world: World, host: Host, name: string, type: 'A' | 'AAAA' | 'CNAME'): Reply {
  const domain = world.domainOf(name);
  const { fault: upstream } = world.upstream;
  const fault = domain?.fault;
  const faults = [upstream, fault];
  if (faults.includes('never')) return silence(true);
  if (host.fault === 'forwarder_hangs' || faults.includes('hangs')) {
    return empty('servfail', GIVES_UP_MS, true);
  }
  const afterMs = latencyOf(name) + (faults.includes('slow') ? SLOW_MS : 0);
  if (faults.includes('servfail')) return empty('servfail', afterMs, true);
  if (fault === 'family' && type === 'AAAA') return empty('servfail', afterMs, true);
  if (fault === 'nxdomain' || name.startsWith('missing')) return empty('nxdomain', afterMs, true);
  // Half of the providers have IPv6.
  const hash = hashOf(name);
  if (type === 'AAAA' && hash % 2 === 0) return empty('nodata', afterMs, true);
  const address =
    type === 'AAAA' ? `2001:db8::${(hash & 0xffff).toString(16)}` : `198.51.100.${hash & 0xff}`;
  return found(afterMs, [address], NONE, true);
}

function empty(outcome: Outcome, afterMs: number, isForwarded = false): Reply {
  return { afterMs, outcome, addresses: NONE, chain: NONE, isForwarded };
}

function found(
  afterMs: number,
  addresses: readonly string[],
  chain: readonly ChainLink[],
  isForwarded: boolean,
): Reply {
  return { afterMs, outcome: 'ok', addresses, chain, isForwarded };
}

/** From 4 to 35 ms. */
function latencyOf(name: string): number {
  return 4 + (hashOf(name) & 31);
}

function hashOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0;
  return hash >>> 4;
}
