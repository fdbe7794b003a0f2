import { parseOptions } from '../config/parse.ts';
import { probeConfigOf } from '../config/probe-config.ts';
import { EXIT } from '../model/exit-status.ts';
import { startMonitor } from '../monitor/monitor.ts';
import { type Io, print } from './io.ts';
import { kubeConfigOf } from './kube-config.ts';
import { createLogger, exitFatally, stopAndExit, untilSignal } from './process.ts';

/** The program without a command: watches a cluster until it receives a signal. */
export async function watchCluster(args: readonly string[], io: Io): Promise<number> {
  const invocation = await parseOptions(args, io.env);
  if (invocation.print !== undefined) {
    await print(io.stdout, invocation.print);
    return EXIT.asked.status;
  }
  const { options, config } = invocation;
  const logger = await createLogger(options);
  const probe = probeConfigOf(options, io.env);
  const kubeConfig = kubeConfigOf(options.kubeconfig, options.context);
  const signalled = untilSignal();
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
  return stopAndExit(() => monitor.stop(), logger);
}
