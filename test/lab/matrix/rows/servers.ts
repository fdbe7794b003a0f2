/** Faults of cluster DNS itself, and of the path to it. */

import { corefiles } from '../../cluster/index.ts';
import { flood, keepEditing, pod, twoRounds } from '../actions.ts';
import type { Batch, Row } from '../row.ts';
import { HEALTHY, type Said } from '../words.ts';
import { aliasNamed } from '../world.ts';

const FAILING: Said = '0 cluster_dns_failing cluster_dns';

const group = 'servers';

const stopped: Row = {
  group,
  name: 'cluster DNS stopped',
  fault: 'CoreDNS is ended: its port refuses',
  victims: 'all',
  expected: [FAILING],
  inject: async ({ cluster }) => {
    await cluster.dns.stop(0);
    return () => cluster.dns.start();
  },
};

const silent: Row = {
  group,
  name: 'cluster DNS silent',
  fault: 'every query to CoreDNS is lost',
  victims: 'all',
  expected: [FAILING],
  detect: ['timeouts'],
  inject: async ({ cluster }) => cluster.dns.cutOff(),
};

const frozen: Row = {
  group,
  name: 'cluster DNS frozen',
  fault: 'CoreDNS is stopped by SIGSTOP: its port stays open, and no query is read',
  victims: 'all',
  expected: [FAILING],
  detect: ['timeouts'],
  inject: async ({ cluster }) => {
    await cluster.dns.pause();
    return () => cluster.dns.resume();
  },
};

const refusing: Row = {
  group,
  name: 'cluster DNS refuses',
  fault: 'REFUSED for every query, as by an `acl`',
  victims: 'all',
  expected: [FAILING],
  inject: async ({ cluster }) => cluster.dns.answer('REFUSED'),
};

const notSynced: Row = {
  group,
  name: 'cluster DNS not synced',
  fault:
    'CoreDNS is restarted while it cannot reach the API server: SERVFAIL for the cluster’s zone',
  victims: 'all',
  expected: [FAILING],
  inject: async ({ cluster }) => {
    await cluster.dns.stop(0);
    await cluster.dns.apiLink.refuse();
    await cluster.dns.start({ synced: false });
    return () => cluster.dns.apiLink.restore();
  },
  // client-go's backoff, until CoreDNS tries the API server again.
  clear: ['backoff'],
};

const lossy: Row = {
  group,
  name: '30 % loss to cluster DNS',
  fault: '30 % of the queries to CoreDNS are lost',
  victims: 'all',
  expected: [
    HEALTHY,
    '1 degraded cluster_dns',
    '1 family_failing cluster_dns',
    '0 target_failing cluster_dns',
    '0 app_view_broken cluster_dns',
    FAILING,
  ],
  // While few queries have been lost, and for some rounds after that, it is unknown where a query
  // for the target alone was lost.
  throughout: ['1 degraded target'],
  hold: 8,
  clear: ['memory'],
  inject: async ({ cluster }) => cluster.dns.lossy(0.3),
  note: 'Chance decides: a query is lost with both its attempts in 9 of 100 cases.',
};

const slow: Row = {
  group,
  name: 'cluster DNS slow',
  fault: 'every answer of CoreDNS takes 400 ms more: less than a pod would wait',
  victims: 'all',
  expected: [HEALTHY],
  hold: 4,
  inject: async ({ cluster }) => cluster.dns.slow(400),
};

const forwardLimit: Row = {
  group,
  name: 'beyond the forward limit',
  fault:
    'some client asks for names that hang, more at once than `max_concurrent`: CoreDNS refuses the queries that it must forward',
  victims: 'external',
  expected: ['0 target_failing cluster_dns'],
  // Until three domains were refused, it could be the server of one domain.
  meanwhile: ['0 target_failing target', '1 degraded target'],
  // A slot becomes free now and then. The query that takes it is answered, and its answer is in the
  // cache for 5 s.
  throughout: [HEALTHY, '1 degraded cluster_dns'],
  detect: ['cache'],
  clear: ['cache'],
  inject: async (world) => {
    const mendFile = await world.corefile({ ...corefiles.refusingBeyond(1) });
    const mendPath = world.upstream({ names: ['flood.test'], lose: 1 });
    const stop = flood(world, 'flood.test', 40);
    return async () => {
      stop();
      await mendFile();
      mendPath();
    };
  },
};

const serveStale: Row = {
  group,
  name: 'cache serves stale',
  fault: 'the resolvers are silent, and CoreDNS has `serve_stale`',
  victims: 'external',
  expected: [HEALTHY],
  hold: 8,
  inject: async (world) => {
    const { cacheConfig } = corefiles.servingStale;
    const mendFile = await world.corefile({ cacheConfig });
    // Until the new cache has all targets.
    await twoRounds();
    const mendPath = world.upstream({ lose: 1 });
    return async () => {
      mendPath();
      await mendFile();
    };
  },
  inspect: async (world) => {
    const ttls = async (name: string): Promise<string> => {
      const { message } = await pod(world, name);
      return (message.answers ?? [])
        .map((one) => `${one.type} ${'ttl' in one && one.ttl}`)
        .join(', ');
    };
    const [alias, target] = [await ttls(aliasNamed('fine-0-dual')), await ttls('www.fine-0.test')];
    return `TTLs of an alias: ${alias}; of its target: ${target}`;
  },
  note: 'Pods get addresses, so it is no failure, and blackbox_exporter is right as well; the outage shows as TTL 0 of the target, and at the alias not even so.',
};

const withoutTcp: Row = {
  group,
  name: 'TCP blocked, 60 addresses',
  fault: 'TCP to CoreDNS is lost, and a target has more addresses than 512 bytes hold',
  services: { 'needs-tcp': 'www.needs-tcp.test' },
  zones: {
    'needs-tcp.test': { www: Array.from({ length: 60 }, (_, i) => `A 192.0.2.${i + 1}`) },
  },
  expected: ['0 app_view_broken cluster_dns'],
  detect: ['timeouts'],
  inject: async ({ cluster }) => cluster.dns.cutOff({ transport: 'tcp' }),
  note: 'The target hop asks with EDNS, as no pod does by default, and gets all 60 by UDP.',
};

const aaaaTemplate: Row = {
  group,
  name: 'NXDOMAIN for every AAAA',
  fault: 'a `template` of CoreDNS answers NXDOMAIN for AAAA of any name',
  victims: 'all',
  expected: ['1 family_failing cluster_dns'],
  where: { ipv6: { expected: ['0 app_view_broken cluster_dns'] } },
  // The cached answers for an alias and for its target expire one after the other.
  meanwhile: ['1 degraded target', '1 degraded cluster_dns'],
  clear: ['cache'],
  inject: (world) => world.corefile(corefiles.noIpv6),
  note: 'The alias itself is denied, which exists: only cluster DNS can say so.',
};

const appBroken: Row = {
  group,
  name: 'pods’ question answered with SERVFAIL',
  fault: '`template`s answer SERVFAIL for A and AAAA of one alias, but the CNAME is served',
  services: { 'app-broken': 'www.app-broken.test' },
  expected: ['0 app_view_broken cluster_dns'],
  inject: (world) =>
    world.corefile({
      plugins: ['A', 'AAAA'].flatMap((type) => [
        `template IN ${type} ${aliasNamed('app-broken')} {`,
        'rcode SERVFAIL',
        '}',
      ]),
    }),
};

const swallowed: Row = {
  group,
  name: 'alias swallowed',
  fault: 'a `template` answers NXDOMAIN for one alias',
  services: { swallowed: 'www.swallowed.test' },
  expected: ['0 alias_missing cluster_dns'],
  inject: (world) =>
    world.corefile({
      plugins: [`template IN ANY ${aliasNamed('swallowed')} {`, 'rcode NXDOMAIN', '}'],
    }),
};

const rewritten: Row = {
  group,
  name: 'alias rewritten',
  fault: 'a `rewrite` of CoreDNS makes one alias another Service’s',
  services: { rewritten: 'www.rewritten.test' },
  expected: ['1 alias_mismatch cluster_dns'],
  inject: (world) =>
    world.corefile({
      plugins: [
        `rewrite stop name exact ${aliasNamed('rewritten')} ${aliasNamed('fine-0-dual')} answer auto`,
      ],
    }),
};

/**
 * CoreDNS has no connection to the API server; several rows of one batch may use this at the same
 * time.
 */
const staleness = {
  detect: ['deadline'],
  // client-go waits before it reconnects.
  clear: ['backoff'],
} as const;

const staleEdit: Row = {
  group,
  name: 'stale: an edit',
  fault: 'CoreDNS is cut off from the API server, then a Service is edited',
  services: { 'stale-edit': 'www.stale-edit.test' },
  expected: ['1 alias_mismatch cluster_dns'],
  ...staleness,
  inject: async (world) => {
    world.cluster.dns.apiLink.cutOff();
    const mend = await world.target('stale-edit', 'www.fine-0.test');
    return async () => {
      await world.cluster.dns.apiLink.restore();
      await mend();
    };
  },
};

const staleCreation: Row = {
  group,
  name: 'stale: a new Service',
  fault: 'CoreDNS is cut off from the API server, then a Service is created',
  victims: ['stale-new'],
  usual: 'gone',
  expected: ['0 alias_missing cluster_dns'],
  meanwhile: ['- pending none', HEALTHY],
  ...staleness,
  inject: async (world) => {
    world.cluster.dns.apiLink.cutOff();
    const mend = await world.create('stale-new', 'www.fine-0.test');
    return async () => {
      await world.cluster.dns.apiLink.restore();
      await mend();
    };
  },
};

const staleEditing: Row = {
  group,
  name: 'stale: an edit every 5 s',
  fault: 'CoreDNS is cut off from the API server, and a Service is edited again every 5 s',
  services: { 'stale-editing': 'www.stale-editing.test' },
  expected: ['1 alias_mismatch cluster_dns'],
  ...staleness,
  hold: 4,
  inject: async (world) => {
    world.cluster.dns.apiLink.cutOff();
    const stop = await keepEditing(world, 'stale-editing', 5_000);
    return async () => {
      await world.cluster.dns.apiLink.restore();
      await stop();
    };
  },
  note: 'The deadline runs from the first edit that was not met: constant editing cannot hide a fault.',
};

const restartedDuringEdit: Row = {
  group,
  name: 'restarted during an edit',
  fault: 'a Service is edited, and CoreDNS is ended and started again at the same moment',
  services: { 'restart-edit': 'www.restart-edit.test' },
  expected: [HEALTHY],
  // Refused during the restart, and then this verdict is right.
  throughout: [FAILING],
  others: [FAILING],
  hold: 4,
  inject: async (world) => {
    const { dns } = world.cluster;
    const mend = await world.target('restart-edit', 'www.fine-0.test');
    await dns.stop(0);
    await dns.start();
    return mend;
  },
};

const firstNameserverDead: Row = {
  group,
  name: 'first of two nameservers dead',
  fault:
    'the first of two `nameserver` lines leads nowhere: pods wait for a timeout, and query the second',
  victims: 'all',
  monitor: ({ cluster }) => [`--cluster-dns=${cluster.servers.map(({ address }) => address)}`],
  expected: ['1 degraded cluster_dns'],
  common: [FAILING],
  detect: ['timeouts'],
  clear: ['memory'],
  inject: async ({ cluster }) => cluster.dns.cutOff(),
};

const secondNameserverStale: Row = {
  group,
  name: 'second of two nameservers stale',
  fault:
    'the second of two CoreDNS servers is cut off from the API server, then a Service is edited',
  services: { 'second-stale': 'www.second-stale.test' },
  monitor: ({ cluster }) => [`--cluster-dns=${cluster.servers.map(({ address }) => address)}`],
  expected: ['1 degraded cluster_dns'],
  detect: ['deadline', 'looks'],
  clear: ['backoff', 'looks'],
  inject: async (world) => {
    const [, second] = world.cluster.servers;
    second?.apiLink.cutOff();
    const mend = await world.target('second-stale', 'www.fine-0.test');
    return async () => {
      await second?.apiLink.restore();
      await mend();
    };
  },
};

export const SERVER_BATCHES: readonly Batch[] = [
  [stopped],
  [silent],
  [frozen],
  [refusing],
  [notSynced],
  [lossy],
  [slow],
  [forwardLimit],
  [serveStale],
  [withoutTcp],
  [aaaaTemplate],
  [appBroken],
  [swallowed],
  [rewritten],
  [staleEdit, staleCreation, staleEditing],
  [restartedDuringEdit],
  [firstNameserverDead],
  [secondNameserverStale],
];
