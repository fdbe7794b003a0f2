import { parseServiceName } from '../../config/kubernetes-values.ts';
import { type Options, parsed } from '../../config/options.ts';
import { defaultSettingsOf, probeConfigOf } from '../../config/probe-config.ts';
import { quoted, UsageError } from '../../config/values.ts';
import { isUnanswered } from '../../diagnosis/outcomes.ts';
import { openResolver } from '../../dns/resolver.ts';
import { KubernetesApi } from '../../kubernetes/api.ts';
import { ApiError } from '../../kubernetes/errors.ts';
import { getServices, listServices } from '../../kubernetes/once.ts';
import type { ProbeConfig } from '../../model/messages.ts';
import { servesZone } from '../../model/outcome.ts';
import type { Policy } from '../../model/policy.ts';
import type { ServiceSpec } from '../../model/service.ts';
import { askSensor } from '../../probe/sensors.ts';
import type { Store } from '../../state/store.ts';
import { type CheckReport, checkedOf } from '../../views/check/report.ts';
import type { Io } from '../io.ts';
import { kubeConfigOf } from '../kube-config.ts';
import { probeOnce } from './probe-once.ts';
import { startProgress } from './progress.ts';

/** At this pace Services are asked about: as fast as a monitor of 6,000 Services at its usual interval. */
const ROUNDS_PER_SECOND = 200;
const LEAST_INTERVAL_MS = 1_000;

/**
 * What is to be said of Services of a cluster, after one look at each as the monitor looks. `names`: those of
 * `namespace/name`, or all if there are none.
 * @throws UsageError where the API server or cluster DNS cannot be asked
 */
export async function checkCluster(
  names: readonly string[],
  options: Options,
  policy: Policy,
  io: Io,
): Promise<CheckReport> {
  const config = probeConfigOf(options, io.env);
  const list = listerOf(names, options, config);
  if (!options.clusterDns) await assertClusterDns(config);
  const found = await list();
  // Who names a Service wants to hear of it, whatever its annotation says.
  const isWanted = ({ settings }: ServiceSpec): boolean => names.length > 0 || settings.enabled;
  const wanted = found.filter(isWanted);
  const intervalMs = Math.max(LEAST_INTERVAL_MS, (wanted.length / ROUNDS_PER_SECOND) * 1_000);
  // There is one interval for all here, whatever a Service asks for.
  const paced = (specs: readonly ServiceSpec[]): ServiceSpec[] =>
    specs.map((spec) => ({ ...spec, settings: { ...spec.settings, intervalMs } }));
  const progress = startProgress(wanted.length, io.stderr);
  const store = await probeOnce({
    config: { ...config, intervalMs },
    drift: { entries: options.driftEntries, windowMs: options.driftWindow },
    policy,
    specs: paced(wanted),
    relist: async () => paced((await list()).filter(isWanted)),
    progress,
  }).finally(() => progress.stop());
  return {
    services: [...store.records.values()].map((record) => checkedOf(record)),
    unusable: [],
    disabled: found.length - wanted.length,
    failOn: options.failOn,
    notes: notesOn(store, config),
  };
}

/** Whether what was seen may be due to where we are, or what we were told. */
function notesOn(store: Store, { clusterDomain }: ProbeConfig): string[] {
  const control = [...store.control.values()];
  const servers = control.map(({ server }) => server).join(', ');
  if (control.length === 0) return [];
  if (control.every(({ result }) => result.outcome === 'nxdomain')) {
    return [
      `The verdicts are unknown: ${servers} does not know kubernetes.default.svc.${clusterDomain}; set --cluster-domain to the domain of this cluster, or --cluster-dns to its DNS servers`,
    ];
  }
  if (!control.every(({ result }) => isUnanswered(result))) return [];
  return [
    `No answer from ${servers}: if this machine is not in the cluster, this does not prove a fault of cluster DNS`,
  ];
}

/** Gives the Services as they are when it is called. */
function listerOf(
  names: readonly string[],
  options: Options,
  config: ProbeConfig,
): () => Promise<ServiceSpec[]> {
  const wanted = [...new Set(names)].map((text) =>
    parsed({ text, source: 'a word after check' }, parseServiceName),
  );
  const api = new KubernetesApi(kubeConfigOf(options.kubeconfig, options.context));
  const selection = {
    namespaces: options.namespaces,
    excludeNamespaces: options.excludeNamespaces,
    selector: options.selector,
    labels: [],
    shard: { index: 0, total: 1 },
    defaults: defaultSettingsOf(config, options),
  };
  const { signal } = new AbortController();
  return async () => {
    try {
      if (wanted.length === 0) return await listServices(api, selection, signal);
      const found = await getServices(api, wanted, { ...selection, namespaces: [] }, signal);
      const missing = [...found].filter(([, spec]) => spec === undefined).map(([key]) => key);
      if (missing.length === 0) return [...found.values()].flatMap((spec) => spec ?? []);
      throw new UsageError(
        `Cannot check: no such Service of type ExternalName, got ${missing.map(quoted).join(', ')}`,
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      throw new UsageError(`${error.message} (${api.server})`, { cause: error });
    }
  };
}

/** Outside of a cluster resolv.conf names somebody else, whom the names of Services are no business of. */
async function assertClusterDns(config: ProbeConfig): Promise<void> {
  const { outcome } = await askSensor('control', openResolver, config);
  if (servesZone(outcome)) return;
  const { clusterDomain, servers } = config;
  const asked = servers.map(({ label }) => label).join(', ');
  throw new UsageError(
    `Cannot query cluster DNS: the servers of /etc/resolv.conf do not know kubernetes.default.svc.${clusterDomain} (${outcome}); set --cluster-dns=<address> to a DNS server of the cluster that this machine can reach, and --cluster-domain if the cluster has another domain, or check manifests with -f, got ${asked}`,
  );
}
