import type { Logger } from 'pino';
import type { ConfigFile } from '../config/file.ts';
import type { PolicyWatch } from '../config/policy-file.ts';
import type { MonitorMetrics } from '../metrics/monitor.ts';
import type { Store } from '../state/store.ts';
import { rejudgeAll } from './receive.ts';

/** The kubelet updates the files of a ConfigMap about once a minute. */
const EVERY_MS = 5_000;

interface Parts {
  readonly config: ConfigFile;
  readonly store: Store;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * File ─▶ state: a new policy changes verdicts and findings immediately. An invalid one is
 * reported, and the old one stays in use.
 */
export function policyWatch({ config, store, metrics, logger, signal }: Parts): PolicyWatch {
  const { file } = config;
  return {
    config,
    everyMs: EVERY_MS,
    signal,
    onPolicy: (policy) => {
      logger.info({ file }, 'policy reloaded');
      metrics.configReloaded(file, true, Date.now());
      store.policyChanged(policy);
      void rejudgeAll(store);
    },
    onError: (error) => {
      logger.error(
        { file, why: error.message },
        'cannot use the new policy, the previous one stays in force',
      );
      metrics.configReloaded(file, false, Date.now());
    },
    onRestartNeeded: (options) =>
      logger.warn({ file, options }, 'options changed, restart required'),
  };
}
