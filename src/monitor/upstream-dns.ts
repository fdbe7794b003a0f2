import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Options } from '../config/options.ts';
import { type Forwards, forwardsOf } from '../config/upstream-dns.ts';
import type { KubernetesApi } from '../kubernetes/api.ts';
import { getConfigMap } from '../kubernetes/config-map.ts';
import { type Forward, forwardAll } from '../model/forward.ts';

/** CoreDNS itself checks every 30 s (plugin `reload`), once the kubelet has updated its files. */
const EVERY_MS = 60_000;

interface Parts {
  readonly api: KubernetesApi;
  readonly options: Pick<Options, 'upstreamDns' | 'upstreamConfig' | 'upstreamResolvConf'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Called at first, and after every change. */
  readonly onForwards: (forwards: readonly Forward[]) => void;
  readonly everyMs?: number;
}

/**
 * Kubernetes ─▶ worker: the resolvers that cluster DNS forwards to. A read error is logged once,
 * and the last readable state stays in use. Returns when the signal aborts; never rejects.
 */
export async function watchForwards(parts: Parts): Promise<void> {
  const { options, logger, signal, onForwards, everyMs = EVERY_MS } = parts;
  const { upstreamDns } = options;
  if (upstreamDns === 'off') return;
  if (upstreamDns !== 'auto') {
    onForwards(forwardAll(upstreamDns));
    return;
  }
  let held = '';
  const reported = new Set<string>();
  const warnOnce = (why: string): void => {
    if (reported.has(why)) return;
    reported.add(why);
    logger.warn(
      { why, configMap: nameOf(parts) },
      'some resolvers behind cluster DNS get no queries',
    );
  };
  while (!signal.aborted) {
    try {
      const { forwards, notes } = await readForwards(parts);
      const text = JSON.stringify(forwards);
      if (text !== held) {
        held = text;
        logger.info({ forwards: shown(forwards) }, 'resolvers behind cluster DNS');
        onForwards(forwards);
      }
      for (const note of notes) warnOnce(note);
    } catch (error) {
      if (!signal.aborted) warnOnce(error instanceof Error ? error.message : String(error));
    }
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
}

/** @throws ApiError */
async function readForwards(parts: Parts): Promise<Forwards> {
  const { api, options, signal } = parts;
  const { upstreamConfig, upstreamResolvConf } = options;
  const data = await getConfigMap(api, upstreamConfig, signal);
  if (!data) {
    return { forwards: [], notes: [`there is no ConfigMap ${nameOf(parts)}`], missing: [] };
  }
  const resolvConf =
    upstreamResolvConf === undefined ? undefined : await readFile(upstreamResolvConf, 'utf8');
  const first = forwardsOf(data, {}, resolvConf);
  if (first.missing.length === 0) return first;
  // AKS and k3s keep the users' own zones in a separate ConfigMap.
  const custom = { ...upstreamConfig, name: `${upstreamConfig.name}-custom` };
  const files = await getConfigMap(api, custom, signal).catch((error: Error) => error);
  if (files instanceof Error) return { ...first, notes: [...first.notes, files.message] };
  return forwardsOf(data, files, resolvConf);
}

function nameOf({ options: { upstreamConfig } }: Pick<Parts, 'options'>): string {
  return `${upstreamConfig.namespace}/${upstreamConfig.name}`;
}

function shown(forwards: readonly Forward[]): readonly string[] {
  return forwards
    .slice(0, 20)
    .map(({ zone, servers }) => `${zone} ${servers.map(({ label }) => label).join(' ')}`);
}
