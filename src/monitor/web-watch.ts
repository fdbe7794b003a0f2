import type { Logger } from 'pino';
import type { WebFileWatch } from '../config/web-file.ts';
import type { WebSecurity } from '../http/web-security.ts';
import type { MonitorMetrics } from '../metrics/monitor.ts';
import type { WebConfig } from '../model/web.ts';

/** The kubelet updates the files of a Secret about once a minute. */
const EVERY_MS = 5_000;

interface Parts {
  readonly file: string;
  readonly config: WebConfig;
  readonly security: WebSecurity;
  readonly metrics: MonitorMetrics;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * File ─▶ http: certificates, users and rules for the next connection. An invalid file is reported,
 * and the old one stays in use.
 */
export function webWatch(parts: Parts): WebFileWatch {
  const { file, config, security, metrics, logger, signal } = parts;
  return {
    file,
    config,
    everyMs: EVERY_MS,
    signal,
    onConfig: (now) => {
      security.use(now);
      metrics.configReloaded(file, true, Date.now());
      logger.info({ file, tls: !!now.tls, users: now.users.size }, 'web configuration reloaded');
    },
    onError: (error) => {
      metrics.configReloaded(file, false, Date.now());
      logger.error(
        { file, why: error.message },
        'cannot use the new web configuration, the previous one stays in force',
      );
    },
  };
}
