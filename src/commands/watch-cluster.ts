import { helpText } from '../config/help.ts';
import { parseOptions } from '../config/parse.ts';
import { probeConfigOf } from '../config/probe-config.ts';
import { UsageError } from '../config/values.ts';
import { loadKubeConfig } from '../kubernetes/api.ts';
import { startMonitor } from './monitor.ts';
import { createLogger, exitFatally, stopAndExit, untilSignal } from './process.ts';

/** The program without a command: watches a cluster until it is told to stop. */
export async function watchCluster(args: readonly string[]): Promise<void> {
  const { options, help } = parseOptions(args, process.env);
  if (help) {
    process.stdout.write(helpText());
    return;
  }
  const logger = createLogger(options.logLevel);
  const probe = probeConfigOf(options, process.env);
  const kubeConfig = kubeConfigOf(options.kubeconfig);
  const onFatal = exitFatally(logger);
  const { listen } = options;
  const monitor = await startMonitor({ kubeConfig, listen, probe, logger, onFatal });
  const signal = await untilSignal();
  logger.info({ signal }, 'stopping');
  await stopAndExit(() => monitor.stop());
}

function kubeConfigOf(file: string | undefined): ReturnType<typeof loadKubeConfig> {
  try {
    return loadKubeConfig(file);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
