import { KubeConfig } from '@kubernetes/client-node';
import { DEMO } from '../config/commands.ts';
import { flagOf, type OptionName } from '../config/options.ts';
import { parseOptions } from '../config/parse.ts';
import { probeConfigOf } from '../config/probe-config.ts';
import { parseServers, UsageError } from '../config/values.ts';
import { ApiServer } from '../demo/api/server.ts';
import { Internet } from '../demo/dns/internet.ts';
import { DnsServer } from '../demo/dns/server.ts';
import { guide } from '../demo/scenario/guide.ts';
import { scenarioSearchDomain } from '../demo/scenario/internet.ts';
import {
  playNotValidating,
  playReference,
  playScenario,
  scenarioPolicy,
} from '../demo/scenario/scenario.ts';
import { scenarioZone } from '../demo/scenario/zone.ts';
import { servicesOf } from '../demo/service-view.ts';
import { EXIT } from '../model/exit-status.ts';
import { startMonitor } from '../monitor/monitor.ts';
import { type Io, print } from './io.ts';
import { createLogger, exitFatally, stopAndExit, untilSignal } from './process.ts';

/** Faster than in a cluster, so that there is something to see soon; options override these. */
const DEFAULTS: Readonly<Partial<Record<OptionName, string>>> = {
  listen: '127.0.0.1:9953',
  interval: '1s',
  timeout: '500ms',
  attempts: '1',
  convergenceDeadline: '5s',
  referenceInterval: '2s',
  clusterDomain: scenarioZone,
  searchDomains: scenarioSearchDomain,
  dnssecHorizon: '72h',
  // One line per change of a verdict would push the guide off the screen.
  logLevel: 'error',
};

/** The address of the embedded servers. */
const HOST = '127.0.0.1';

/**
 * `externalname-monitor demo`: runs the real monitor with an embedded API server and DNS server,
 * until Ctrl-C.
 */
export async function demo(args: readonly string[], io: Io): Promise<number> {
  const invocation = await parseOptions(args, io.env, DEFAULTS, DEMO);
  if (invocation.print !== undefined) {
    await print(io.stdout, invocation.print);
    return EXIT.asked.status;
  }
  const { options, given, config } = invocation;
  for (const name of DEMO.refuses ?? []) {
    if (given.has(name)) {
      throw new UsageError(
        `Cannot use --${flagOf(name)} with demo: it has its own cluster, got ${JSON.stringify(options[name])}`,
      );
    }
  }
  const api = new ApiServer();
  // Independent of --cluster-domain, so that a visitor can see the effect of a wrong one.
  const dns = new DnsServer({ host: HOST, services: servicesOf(api), zone: scenarioZone });
  const reference = new DnsServer({ host: HOST });
  const validating = new DnsServer({ host: HOST, internet: dns.internet });
  const other = new DnsServer({ host: HOST, internet: new Internet(dns.internet) });
  const servers = [api, dns, reference, validating, other];
  const ending = new AbortController();
  const stopCluster = async () => {
    ending.abort();
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    await Promise.all(servers.map((server) => server.start()));
    playReference(reference);
    playNotValidating(other);
    playScenario(api, dns, {
      signal: ending.signal,
      announce: (line) => void io.stdout.write(`${timeOfDay()}  ${line}\n`),
    });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(api.kubeconfig());
    const logger = await createLogger(options);
    const clusterDns = parseServers(dns.address);
    const referenceDns = options.referenceDns ?? parseServers(reference.address);
    const probe = probeConfigOf({ ...options, clusterDns, referenceDns }, io.env);
    const upstreamDns = given.has('upstreamDns')
      ? options.upstreamDns
      : parseServers(`${validating.address},${other.address}`);
    const signalled = untilSignal();
    const onFatal = exitFatally(logger);
    const monitor = await startMonitor({
      kubeConfig,
      options: { ...options, upstreamDns },
      probe,
      policy: scenarioPolicy,
      ...(config ? { config } : {}),
      logger,
      onFatal,
    });
    const { port } = dns;
    io.stdout.write(guide({ url: monitor.url, apiUrl: api.url, dns: { host: HOST, port } }));
    await signalled;
    return await stopAndExit(async () => {
      await monitor.stop();
      await stopCluster();
    }, logger);
  } catch (error) {
    // Otherwise the embedded servers would keep the process running.
    await stopCluster();
    throw error;
  }
}

function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}
