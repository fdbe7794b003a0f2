import { parseOptions } from '../config/parse.ts';
import { probeConfigOf } from '../config/probe-config.ts';
import { startMonitor } from '../monitor/monitor.ts';
import { kubeConfigOf } from './kube-config.ts';
import { createLogger, exitFatally, stopAndExit, untilSignal } from './process.ts';

/** The program without a command: watches a cluster until it receives a signal. */
export async function watchCluster(args: readonly string[]): Promise<void> {
  const invocation = await parseOptions(args, process.env);
  if (invocation.print !== undefined) {
    process.stdout.write(invocation.print);
    return;
  }
  const { options, config } = invocation;
  const signalled = untilSignal();
  const logger = await createLogger(options);
  const probe = probeConfigOf(options, process.env);
  const kubeConfig = kubeConfigOf(options.kubeconfig, options.context);
  const onFatal = exitFatally(logger);
  const monitor = await startMonitor({
    kubeConfig,
    options,
    probe,
    ...(config ? { config } : {}),
    logger,
    onFatal,
  });
  logger.info({ signal: await signalled }, 'stopping');
  await stopAndExit(() => monitor.stop(), logger);
}
