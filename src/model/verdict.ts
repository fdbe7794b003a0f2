import type { Place } from './place.ts';

interface BlameRow {
  readonly meaning: string;
  readonly label: string;
  /** The end of a sentence about several Services. */
  readonly because: string;
  /**
   * The places that belong to it on the path from a pod to an address. The first one is broken,
   * unless the verdict names another one of them.
   */
  readonly places: readonly Place[];
  /** The alert for Services that do not resolve, unless the verdict has its own. */
  readonly runbook: string;
}

/** The components at fault. A public contract, like the verdicts. */
export const BLAMES = {
  none: {
    meaning: 'nothing is wrong, or nothing is known yet',
    label: 'nobody',
    because: 'for no known reason',
    places: [],
    runbook: 'ExternalNameServiceUnresolvable',
  },
  config: {
    meaning: 'the Service itself: its spec.externalName can never work',
    label: 'its spec',
    because: 'because of their own spec.externalName',
    places: ['cname', 'addresses'],
    runbook: 'ExternalNameServiceUnresolvable',
  },
  cluster_dns: {
    meaning: 'cluster DNS: the servers that pods ask (CoreDNS, kube-dns, NodeLocal DNSCache)',
    label: 'cluster DNS',
    because: 'because of cluster DNS',
    places: ['cluster_dns', 'cname'],
    runbook: 'ExternalNameServiceUnresolvable',
  },
  upstream_dns: {
    meaning: 'the resolvers that cluster DNS forwards to, or the way to them',
    label: 'upstream DNS',
    because: 'because of the resolvers that cluster DNS forwards to',
    places: ['upstream'],
    runbook: 'ExternalNameUpstreamDnsFailing',
  },
  target: {
    meaning: 'the owner of the target, or the name servers of its domain',
    label: 'the target',
    because: 'because of their targets',
    places: ['name_servers', 'addresses'],
    runbook: 'ExternalNameServiceUnresolvable',
  },
  policy: {
    meaning: 'your own policy: it forbids the target or an address',
    label: 'policy',
    because: 'because of your policy',
    places: ['addresses'],
    runbook: 'ExternalNameServiceUnresolvable',
  },
  monitor: {
    meaning: 'this monitor: its configuration, or its connection to the API server',
    label: 'this monitor',
    because: 'because of the monitor itself',
    places: [],
    runbook: 'ExternalNameServiceUnresolvable',
  },
} as const satisfies Record<string, BlameRow>;

export type Blame = keyof typeof BLAMES;

/** The Service's health according to a verdict. */
export const VERDICT_STATES = {
  good: 'nothing is wrong',
  bad: 'something is wrong',
  waiting: 'nothing is known yet',
  unsure: 'the monitor reports that it does not know',
} as const;

export type VerdictState = keyof typeof VERDICT_STATES;

/**
 * Names of colors in Grafana, best first. Green: healthy. Blue: unknown. Yellow and orange: pods
 * get an address, but there is a fault. Red and purple: pods get none.
 */
export const VERDICT_COLORS = [
  'green',
  'light-blue',
  'blue',
  'yellow',
  'light-orange',
  'orange',
  'dark-orange',
  'light-red',
  'semi-dark-red',
  'red',
  'dark-red',
  'light-purple',
  'purple',
  'dark-purple',
] as const;

interface VerdictRow {
  /** The meaning for the Service, as a sentence about "it". */
  readonly meaning: string;
  /** The first thing that a person should try. */
  readonly advice: string;
  /** Whether pods get an address, for docs/verdicts.md; – is not known. */
  readonly up: '1' | '0' | '–' | '1 or –' | '1 or 0';
  /** The blame, for docs/verdicts.md: a word, or what it depends on. */
  readonly blamed: string;
  /** For the runbook of Services without an address: what `dig` shows, and where to look. */
  readonly dig?: { readonly shows: string; readonly lookAt: string };
  readonly state: VerdictState;
  readonly label: string;
  /** The broken place on the path from a pod to an address; null: the place of the blame. */
  readonly place: Place | null;
  /**
   * The alert for this verdict; null: the alert of the blame if the Service does not resolve, else
   * none.
   */
  readonly runbook: string | null;
  /** One bad server of several can cause it: a round at another server has another verdict. */
  readonly byOneServer: boolean;
  /**
   * It means that cluster DNS serves another spec than the stored one, so the stored one must be
   * current.
   */
  readonly contradictsSpec: boolean;
  /** Each verdict has its own color. */
  readonly color: (typeof VERDICT_COLORS)[number];
}

/** The bounded result for one Service. The order is that of the table in docs/verdicts.md. */
export const VERDICTS = {
  pending: {
    meaning:
      'No round has finished yet, or the Service is new and cluster DNS has not caught up with it.',
    advice: 'Wait: it lasts at most the convergence deadline.',
    up: '–',
    blamed: 'none',
    state: 'waiting',
    label: 'Not judged yet',
    place: null,
    runbook: null,
    byOneServer: false,
    contradictsSpec: false,
    color: 'light-blue',
  },
  unknown: {
    meaning:
      'The state is unknown: the cluster domain looks wrong, or the monitor has lost contact with the API server and DNS disagrees with the last known spec, or the monitor has run out of file descriptors or memory.',
    advice:
      'Check --cluster-domain against the search line of a pod, externalname_informer_*, and the limits of the monitor.',
    up: '1 or –',
    blamed: 'monitor',
    state: 'unsure',
    label: 'Unknown',
    place: null,
    runbook: 'ExternalNameMonitorClusterDomainWrong',
    byOneServer: false,
    contradictsSpec: false,
    color: 'blue',
  },
  untrusted_answer: {
    meaning: 'Resolves to a target or address that policy forbids.',
    advice: 'Look at the addresses and at the policy; find out who changed spec.externalName.',
    up: '1',
    blamed: 'policy',
    state: 'bad',
    label: 'Leads where policy forbids',
    place: 'addresses',
    runbook: 'ExternalNameServiceUntrustedAnswer',
    byOneServer: false,
    contradictsSpec: false,
    color: 'dark-orange',
  },
  alias_mismatch: {
    meaning:
      'Cluster DNS serves another CNAME than spec.externalName, past the convergence deadline.',
    advice:
      'Cluster DNS is stale, or a `rewrite` in its Corefile changes the name: check its connection to the API server and its Corefile, then restart the stale pod.',
    up: '1 or 0',
    blamed: 'cluster_dns',
    dig: {
      shows: "the alias: a CNAME other than the spec's",
      lookAt: 'CoreDNS has lost its watch on the API server: its logs',
    },
    state: 'bad',
    label: 'Another target is served',
    place: 'cname',
    runbook: 'ExternalNameServiceAliasMismatch',
    byOneServer: true,
    contradictsSpec: true,
    color: 'orange',
  },
  degraded: {
    meaning:
      'Pods get addresses, but a part fails: another hop, one of several DNS servers, some rounds, or some kinds of resolvers in pods.',
    advice:
      'Find the failing part on the page of the Service, in its findings, or in externalname_probes_total by hop and outcome.',
    up: '1',
    blamed: 'by the failing hop',
    state: 'bad',
    label: 'Works, a part of it fails',
    place: null,
    runbook: 'ExternalNameServiceDegraded',
    byOneServer: true,
    contradictsSpec: false,
    color: 'yellow',
  },
  family_failing: {
    meaning:
      'One address family resolves, and the other fails with an error. Lookups in pods are slow, and fail on musl (Alpine).',
    advice: 'Ask cluster DNS for A and AAAA of the target: the type that fails is broken upstream.',
    up: '1',
    blamed: 'as target_failing, or cluster_dns if the target hop does not fail',
    state: 'bad',
    label: 'One address family fails',
    place: null,
    runbook: 'ExternalNameServiceFamilyFailing',
    byOneServer: true,
    contradictsSpec: false,
    color: 'light-orange',
  },
  healthy: {
    meaning: 'Pods that use the name get an address, and every hop agrees.',
    advice: 'Nothing to do.',
    up: '1',
    blamed: 'none',
    state: 'good',
    label: 'Healthy',
    place: null,
    runbook: null,
    byOneServer: true,
    contradictsSpec: false,
    color: 'green',
  },
  invalid_target: {
    meaning:
      'spec.externalName can never work: it is no valid DNS name, an IP address, a loop, or an incorrect name of this cluster.',
    advice: 'Correct spec.externalName: it must be a fully qualified DNS name.',
    up: '0',
    blamed: 'config',
    dig: {
      shows: 'the alias: no reply, or no address',
      lookAt:
        'the Service: an address, an unqualified or incomplete name, the domain of another cluster, a label over 63 bytes, or a loop',
    },
    state: 'bad',
    label: 'Target can never work',
    place: 'cname',
    runbook: null,
    byOneServer: false,
    contradictsSpec: false,
    color: 'dark-purple',
  },
  cluster_dns_failing: {
    meaning: 'Cluster DNS does not answer for the alias, or answers with an error.',
    advice: 'Check cluster DNS: its pods, their logs, the network to them.',
    up: '0',
    blamed: 'cluster_dns',
    dig: {
      shows: 'the alias: no reply, `SERVFAIL` or `REFUSED`',
      lookAt:
        'CoreDNS: `kubectl -n kube-system get pods -l k8s-app=kube-dns`, its logs, node-local DNS, network policies',
    },
    state: 'bad',
    label: 'Cluster DNS fails for it',
    place: 'cluster_dns',
    runbook: null,
    byOneServer: true,
    contradictsSpec: false,
    color: 'purple',
  },
  alias_missing: {
    meaning: 'Cluster DNS does not know the Service, past the convergence deadline.',
    advice: 'Cluster DNS is stale: check its connection to the API server and its RBAC.',
    up: '0',
    blamed: 'cluster_dns',
    dig: {
      shows: 'the alias: `NXDOMAIN`',
      lookAt: 'CoreDNS has lost its watch on the API server: its logs',
    },
    state: 'bad',
    label: 'Unknown to cluster DNS',
    place: 'cname',
    runbook: null,
    byOneServer: true,
    contradictsSpec: true,
    color: 'light-purple',
  },
  target_nxdomain: {
    meaning:
      'The target does not exist. In the zone of the cluster: there is no such Service, or it is headless and has no ready pod.',
    advice:
      'Correct spec.externalName, or restore the target. If anyone can claim the name, do it now.',
    up: '0',
    blamed: 'target',
    dig: {
      shows: 'alias: CNAME; target: `NXDOMAIN`',
      lookAt: "the target was deleted, renamed or mistyped: its owner's DNS zone, then the Service",
    },
    state: 'bad',
    label: 'Target does not exist',
    place: 'addresses',
    runbook: 'ExternalNameServiceDanglingTarget',
    byOneServer: false,
    contradictsSpec: false,
    color: 'red',
  },
  target_no_address: {
    meaning: 'The target exists, but has no address of a family that pods can use.',
    advice: 'Ask the owner of the target for an A record, or enable the other family for pods.',
    up: '0',
    blamed: 'target, or config where only the other family exists',
    dig: {
      shows: 'alias: CNAME; target: `NOERROR` without an address of a family that pods use',
      lookAt: "the target's records; AAAA alone is of no use on an IPv4-only cluster",
    },
    state: 'bad',
    label: 'Target has no address',
    place: 'addresses',
    runbook: null,
    byOneServer: false,
    contradictsSpec: false,
    color: 'light-red',
  },
  target_failing: {
    meaning: 'The alias works, but its target cannot be resolved: an error, or no reply.',
    advice: 'Ask the same name at the upstream resolvers and at the name servers of the domain.',
    up: '0',
    blamed: 'upstream_dns, cluster_dns or target, see below',
    dig: {
      shows:
        "alias: CNAME; target: `SERVFAIL` or no reply, while the alias's `A` may be `NOERROR` with the bare CNAME",
      lookAt:
        "`blame`: the target's own DNS servers, or the resolvers that cluster DNS forwards to",
    },
    state: 'bad',
    label: 'Target cannot be resolved',
    place: null,
    runbook: null,
    byOneServer: true,
    contradictsSpec: false,
    color: 'semi-dark-red',
  },
  app_view_broken: {
    meaning: "Alias and target resolve on their own, but the pods' query returns no address.",
    advice:
      'Cluster DNS fails to follow its own CNAME: look at its forward plugin, cache and loops.',
    up: '0',
    blamed: 'cluster_dns',
    dig: {
      shows: "CNAME and target are fine, the alias's `A` is not",
      lookAt: 'CoreDNS: a cached bare CNAME, `dns64`, or a rewrite rule',
    },
    state: 'bad',
    label: 'Pods get no address',
    place: 'cluster_dns',
    runbook: null,
    byOneServer: true,
    contradictsSpec: false,
    color: 'dark-red',
  },
} as const satisfies Record<string, VerdictRow>;

export type Verdict = keyof typeof VERDICTS;

/**
 * Whether the Service needs attention: there is a fault, or the monitor cannot determine the state.
 */
export function isTrouble(verdict: Verdict): boolean {
  const { state } = VERDICTS[verdict];
  return state === 'bad' || state === 'unsure';
}

/** Whether the verdict determines the state of the Service. */
export function isConclusive(verdict: Verdict): boolean {
  const { state } = VERDICTS[verdict];
  return state === 'good' || state === 'bad';
}

export interface Diagnosis {
  /** Absent if unknown. */
  readonly up?: 0 | 1;
  readonly verdict: Verdict;
  readonly blame: Blame;
  /**
   * The evidence for the blame, in one sentence for people; absent if the verdict is evidence
   * enough.
   */
  readonly evidence?: string;
  /** The first thing to try; absent if the verdict's usual advice applies. */
  readonly advice?: string;
}

export function adviceFor({ verdict, advice }: Diagnosis): string {
  return advice ?? VERDICTS[verdict].advice;
}
