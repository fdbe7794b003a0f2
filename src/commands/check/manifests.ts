import type { Options } from '../../config/options.ts';
import { probeConfigOf } from '../../config/probe-config.ts';
import { serverOf } from '../../config/values.ts';
import { type Manifest, readManifests } from '../../kubernetes/manifests.ts';
import type { ProbeConfig } from '../../model/messages.ts';
import type { Policy } from '../../model/policy.ts';
import { aliasOf } from '../../model/service.ts';
import { Store } from '../../state/store.ts';
import { type CheckReport, checkedOf, type Unusable } from '../../views/check/report.ts';
import type { Io } from '../io.ts';
import { readFiles } from './files.ts';
import { foresee } from './foresight.ts';
import { startProgress } from './progress.ts';

/** For `--dns=none`: there is no configuration without a server, and this one is never asked. */
const NOBODY = [serverOf('0.0.0.0', 53)];

interface Read {
  readonly manifests: readonly Manifest[];
  readonly unusable: readonly Unusable[];
  readonly disabled: number;
  /** Services of other types, by `namespace/name`. */
  readonly others: readonly string[];
}

/**
 * What is to be said of the manifests of files and folders: their targets are resolved from here, and what would
 * come of that in a cluster is judged as the monitor judges it.
 * @throws UsageError if a file cannot be read, or no DNS server answers
 */
export async function checkManifests(
  paths: readonly string[],
  options: Options,
  policy: Policy,
  io: Io,
): Promise<CheckReport> {
  const asksNobody = options.dns?.length === 0;
  const servers = asksNobody ? NOBODY : options.dns;
  const config = probeConfigOf({ ...options, clusterDns: servers }, io.env);
  const { manifests, unusable, disabled, others } = await read(paths, io.stdin, options, config);
  const store = new Store(
    { ...config, drift: { entries: options.driftEntries, windowMs: options.driftWindow } },
    () => {},
  );
  store.policyChanged(policy);
  const now = Date.now();
  store.informerChanged({ synced: true, connected: true, lastContactAt: now, lastListAt: now });
  for (const { spec } of manifests) store.seen(spec, false, now);

  const progress = startProgress(manifests.length, io.stderr);
  const otherAliases = others.map((key) => {
    const [namespace = '', name = ''] = key.split('/');
    return aliasOf({ namespace, name }, config.clusterDomain);
  });
  const unresolved = await foresee({ config, store, asksNobody, otherAliases, progress }).finally(
    () => progress.stop(),
  );
  const services = manifests.flatMap(({ spec, file, line }) => {
    const record = store.records.get(spec.key);
    const why = unresolved.get(spec.key);
    if (!record) return [];
    return checkedOf(record, { place: { file, line }, ...(why ? { unresolved: why } : {}) });
  });
  return { services, unusable, disabled, failOn: options.failOn, notes: [] };
}

async function read(
  paths: readonly string[],
  stdin: Io['stdin'],
  options: Options,
  config: ProbeConfig,
): Promise<Read> {
  const { defaultNamespace: namespace, namespaces, excludeNamespaces } = options;
  // The --min-interval of the monitor is not known here: a Service may ask for any interval.
  const defaults = { ...config, minIntervalMs: 0 };
  const manifests = new Map<string, Manifest>();
  const unusable: Unusable[] = [];
  const others: string[] = [];
  let disabled = 0;
  for await (const { file, text } of readFiles(paths, stdin)) {
    const found = readManifests(text, file, { namespace, defaults });
    unusable.push(...found.broken);
    others.push(...found.others);
    for (const manifest of found.services) {
      const { namespace: own, settings, key } = manifest.spec;
      if (namespaces.length > 0 && !namespaces.includes(own)) continue;
      if (excludeNamespaces.includes(own)) continue;
      if (!settings.enabled) {
        disabled++;
        continue;
      }
      // A base and its overlays have the same Service, perhaps with other targets: each is looked at.
      const unique = manifests.has(key) ? `${key} at ${file}:${manifest.line}` : key;
      manifests.set(unique, { ...manifest, spec: { ...manifest.spec, key: unique } });
    }
  }
  return { manifests: [...manifests.values()], unusable, disabled, others };
}
