/** Faults of the monitor's own network paths and settings, and faults that look the same. */
import type { Batch, Row } from '../row.ts';
import { HEALTHY, PENDING, type Said } from '../words.ts';

const UNKNOWN: Said = '1 unknown monitor';
const TARGET: Said = '0 target_failing target';

const group = 'ourselves';

const wrongDomain: Row = {
  group,
  name: 'wrong cluster domain',
  fault: 'a monitor is started with `--cluster-domain=wrong.local`',
  victims: 'all',
  monitor: () => ['--cluster-domain=wrong.local'],
  expected: ['- unknown monitor'],
  meanwhile: ['gone', PENDING],
};

const informerHalfOpen: Row = {
  group,
  name: 'informer half-open',
  fault:
    'the monitor’s connection to the API server carries nothing any more, and a Service is edited',
  services: { 'half-open': 'www.half-open.test' },
  expected: [UNKNOWN],
  detect: ['stale'],
  inject: async (world) => {
    world.cluster.apiLink.cutOff();
    const mend = await world.target('half-open', 'www.fine-0.test');
    return async () => {
      await world.cluster.apiLink.restore();
      await mend();
    };
  },
};

const informerRefused: Row = {
  group,
  name: 'informer refused',
  fault: 'the monitor is refused by the API server’s port, and a Service is edited',
  services: { 'informer-refused': 'www.informer-refused.test' },
  expected: [UNKNOWN],
  detect: ['stale'],
  clear: ['backoff'],
  inject: async (world) => {
    await world.cluster.apiLink.refuse();
    const mend = await world.target('informer-refused', 'www.fine-0.test');
    return async () => {
      await world.cluster.apiLink.restore();
      await mend();
    };
  },
};

const apiServerDown: Row = {
  group,
  name: 'API server down',
  fault: 'the API server is stopped; no edits are possible',
  victims: 'all',
  expected: [HEALTHY],
  hold: 8,
  inject: async ({ cluster }) => {
    await cluster.api.stop();
    return () => cluster.api.start();
  },
};

const apiServerFrozen: Row = {
  group,
  name: 'API server frozen',
  fault: 'the API server is stopped by SIGSTOP',
  victims: 'all',
  expected: [HEALTHY],
  hold: 8,
  inject: async ({ cluster }) => {
    await cluster.api.pause();
    return () => cluster.api.resume();
  },
};

const patient = () => ['--timeout=5s', '--attempts=2'];

const slowUpstream: Row = {
  group: 'upstream',
  name: '1.5 s latency upstream',
  fault: 'answers of the resolvers take 1.5 s; pods, and this monitor, wait for 5 s, twice',
  services: { 'slow-upstream': 'www.slow-upstream.test' },
  monitor: patient,
  expected: [HEALTHY],
  // A pod with a timeout of 1 s gets an address from the cache, or none.
  common: [TARGET, '1 degraded target', '1 family_failing target'],
  hold: 6,
  inject: async (world) => world.upstream({ names: ['slow-upstream.test'], delayMs: 1_500 }),
};

const firstUpstreamDead: Row = {
  group: 'upstream',
  name: 'first of two resolvers dead',
  fault:
    'CoreDNS forwards to two resolvers in turn, of which the first loses the queries for a domain: answers take over 2 s',
  services: { 'first-dead': 'www.first-dead.test' },
  monitor: patient,
  expected: [HEALTHY],
  common: [TARGET, '1 degraded target', '1 family_failing target'],
  hold: 6,
  inject: async (world) => {
    const [first, second] = world.cluster.upstreams;
    const mendFile = await world.corefile({
      forwardTo: [first, second].flatMap((one) => one?.address ?? []),
      forwardConfig: ['policy sequential', 'max_concurrent 1000'],
    });
    const mendPath = first?.cutOff({ names: ['first-dead.test'] });
    return async () => {
      mendPath?.();
      await mendFile();
    };
  },
};

export const OURSELVES_BATCHES: readonly Batch[] = [
  [slowUpstream],
  [firstUpstreamDead],
  [wrongDomain],
  [informerHalfOpen],
  [informerRefused],
  [apiServerDown],
  [apiServerFrozen],
];
