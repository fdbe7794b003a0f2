/** Faults of single pods of cluster DNS, which clients reach by chance behind one cluster IP. */
import { pod } from '../actions.ts';
import type { Batch, Row } from '../row.ts';
import { HEALTHY, type Said } from '../words.ts';
import { aliasNamed, type World } from '../world.ts';

const DEGRADED: Said = '1 degraded cluster_dns';
const FAILING: Said = '0 cluster_dns_failing cluster_dns';

const group = 'pods';

function second(world: World) {
  const [, bad] = world.pods.pods;
  if (bad === undefined) throw new Error('Cannot break the second pod: there is none');
  return bad;
}

const frozen: Row = {
  group,
  name: 'one of two pods frozen',
  fault: 'one of two CoreDNS pods is stopped by SIGSTOP, and stays among the endpoints',
  victims: 'all',
  expected: [DEGRADED],
  detect: ['timeouts', 'looks'],
  clear: ['looks', 'memory'],
  hold: 4,
  inject: async (world) => {
    const { dns } = second(world);
    await dns.pause();
    return () => dns.resume();
  },
};

const dead: Row = {
  group,
  name: 'one of two pods dead',
  fault: 'one of two CoreDNS pods is ended, its port refuses, and it stays among the endpoints',
  victims: 'all',
  expected: [DEGRADED],
  detect: ['looks'],
  clear: ['looks', 'memory'],
  hold: 4,
  inject: async (world) => {
    const { dns } = second(world);
    await dns.stop(0);
    return () => dns.start();
  },
};

const stale: Row = {
  group,
  name: 'one of two pods stale',
  fault: 'one of two CoreDNS pods is cut off from the API server, then a Service is edited',
  services: { 'pod-stale': 'www.pod-stale.test' },
  expected: [DEGRADED],
  detect: ['deadline', 'looks'],
  clear: ['backoff', 'looks', 'memory'],
  hold: 4,
  inject: async (world) => {
    const { apiLink } = second(world).dns;
    apiLink.cutOff();
    const mend = await world.target('pod-stale', 'www.fine-0.test');
    return async () => {
      await apiLink.restore();
      await mend();
    };
  },
};

const badForwarder: Row = {
  group,
  name: 'forwarder of one pod bad',
  fault: 'the way from one of two CoreDNS pods to its resolver answers SERVFAIL',
  victims: 'external',
  expected: [DEGRADED],
  detect: ['cache', 'looks'],
  clear: ['cache', 'looks', 'memory'],
  hold: 10,
  inject: async (world) => {
    const mends = second(world).forwarders.map((forwarder) => forwarder.answer('SERVFAIL'));
    return () => {
      for (const mend of mends) mend();
    };
  },
  note: 'Each round reaches one pod or the other by chance; the verdict must not alternate with them.',
};

const silentForwarder: Row = {
  ...badForwarder,
  name: 'forwarder of one pod silent',
  fault: 'the way from one of two CoreDNS pods to its resolver loses everything',
  detect: ['cache', 'timeouts', 'looks', 'queue'],
  inject: async (world) => {
    const mends = second(world).forwarders.map((forwarder) => forwarder.cutOff());
    return () => {
      for (const mend of mends) mend();
    };
  },
};

const rolled: Row = {
  group,
  name: 'rolled over',
  fault: 'both CoreDNS pods are replaced, one at a time, each serving on for 2 s while it ends',
  victims: 'all',
  expected: [HEALTHY],
  hold: 3,
  inject: async (world) => {
    await world.pods.kubeDns.roll({}, 2_000);
    return () => {};
  },
};

const restarted: Row = {
  group,
  name: 'a pod restarted during an edit',
  fault: 'one of two CoreDNS pods is ended and started at the moment a Service is edited',
  services: { 'pod-restart': 'www.pod-restart.test' },
  expected: [HEALTHY],
  // During that time, one of two does not serve.
  throughout: [DEGRADED],
  others: [DEGRADED],
  hold: 4,
  clear: ['looks', 'memory'],
  inject: async (world) => {
    const { dns } = second(world);
    const mend = await world.target('pod-restart', 'www.fine-0.test');
    await dns.stop(0);
    await dns.start();
    return mend;
  },
};

const notReady: Row = {
  group,
  name: 'a pod not ready, and broken',
  fault: 'one of two CoreDNS pods is frozen, and no longer ready: no client is led to it',
  victims: 'all',
  expected: [HEALTHY],
  hold: 4,
  inject: async (world) => {
    const bad = second(world);
    await world.pods.kubeDns.setReady(bad, false);
    await bad.dns.pause();
    return async () => {
      bad.dns.resume();
      await world.pods.kubeDns.setReady(bad, true);
    };
  },
};

const noEndpoints: Row = {
  group,
  name: 'no pod ready',
  fault: 'no CoreDNS pod is ready: the cluster IP refuses',
  victims: 'all',
  expected: [FAILING],
  inject: async (world) => {
    const { kubeDns, pods } = world.pods;
    for (const one of pods) await kubeDns.setReady(one, false);
    return async () => {
      for (const one of pods) await kubeDns.setReady(one, true);
    };
  },
};

const allFrozen: Row = {
  group,
  name: 'both pods frozen',
  fault: 'both CoreDNS pods are stopped by SIGSTOP',
  victims: 'all',
  expected: [FAILING],
  // One of them is detected before the other.
  meanwhile: [DEGRADED],
  detect: ['timeouts'],
  clear: ['looks', 'memory'],
  inject: async (world) => {
    const { pods } = world.pods;
    for (const { dns } of pods) await dns.pause();
    return () => {
      for (const { dns } of pods) dns.resume();
    };
  },
};

const forged: Row = {
  group: 'ourselves',
  name: 'forged replies',
  fault:
    'before every true reply come forged ones: with a wrong ID, to another question, and from another port',
  victims: 'all',
  expected: [HEALTHY],
  hold: 5,
  inject: async (world) => {
    const forge = ['id', 'question', 'port'] as const;
    const mends = world.pods.pods.map(({ dns }) => dns.inject({ forge }));
    return () => {
      for (const mend of mends) mend();
    };
  },
};

const egressBlocked: Row = {
  group: 'ourselves',
  name: 'our egress to DNS blocked',
  fault:
    'packets between the monitor’s address and all CoreDNS pods are dropped, and no other packets',
  victims: 'all',
  expected: [FAILING],
  meanwhile: [DEGRADED],
  detect: ['timeouts'],
  clear: ['looks', 'memory'],
  inject: async ({ pods: { network } }) => network.block({ client: network.addresses.monitor }),
  inspect: async (world) => {
    const { addresses } = world.pods.network;
    const alias = aliasNamed('fine-0-dual');
    const { answers } = await pod(world, alias, 'A', addresses.bystander);
    const since = performance.now() - 2_000;
    const ours = world.pods.pods
      .flatMap(({ dns }) => dns.seen)
      .filter(({ host, at }) => host === addresses.monitor && at > since);
    return `in 2 s, ${ours.length} queries of ours arrived; another client got ${answers.join(', ')}`;
  },
  limit:
    'The monitor sends, and nothing comes back: for it, this looks like a silent cluster DNS. A second vantage point distinguishes the two.',
};

const egressToOne: Row = {
  group: 'ourselves',
  name: 'our egress to one pod blocked',
  fault: 'packets between the monitor’s address and one of two CoreDNS pods are dropped',
  victims: 'all',
  expected: [DEGRADED],
  detect: ['timeouts', 'looks'],
  clear: ['looks', 'memory'],
  inject: async (world) => {
    const { network } = world.pods;
    return network.block({ client: network.addresses.monitor, pod: second(world).ip });
  },
  limit: 'As with all of them blocked: it looks like a frozen pod.',
};

/** They run in a separate world. */
export const POD_BATCHES: readonly Batch[] = [
  [frozen],
  [stale],
  [dead],
  [rolled],
  [badForwarder],
  [restarted],
  [silentForwarder],
  [notReady],
  [noEndpoints],
  [forged],
  [allFrozen],
  [egressToOne],
  [egressBlocked],
];
