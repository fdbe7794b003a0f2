import { KubeConfig } from '@kubernetes/client-node';
import { helpText } from '../config/help.ts';
import type { OptionName } from '../config/options.ts';
import { parseOptions } from '../config/parse.ts';
import { probeConfigOf } from '../config/probe-config.ts';
import { parseServers, UsageError } from '../config/values.ts';
import { ApiServer } from '../demo/api-server.ts';
import { DnsServer } from '../demo/dns-server.ts';
import { playScenario } from '../demo/scenario.ts';
import { type ScenarioService, scenarioServices } from '../demo/scenario-services.ts';
import { servicesOf } from '../demo/service-view.ts';
import { startMonitor } from './monitor.ts';
import { createLogger, exitFatally, stopAndExit, untilSignal } from './process.ts';

/** Faster than in a cluster, so that there is something to see at once; every option can still be given. */
const DEFAULTS: Readonly<Partial<Record<OptionName, string>>> = {
  listen: '127.0.0.1:9953',
  interval: '1s',
  timeout: '500ms',
  attempts: '1',
  convergenceDeadline: '5s',
  clusterDomain: 'cluster.local',
  logLevel: 'warn',
};

/** `externalname-monitor demo`: the real monitor on an embedded API server and DNS server, until Ctrl-C. */
export async function demo(args: readonly string[]): Promise<void> {
  const { options, given, help } = parseOptions(args, process.env, DEFAULTS);
  if (help) {
    process.stdout.write(helpText(DEFAULTS));
    return;
  }
  for (const name of ['kubeconfig', 'clusterDns'] as const) {
    if (given.has(name)) {
      throw new UsageError(
        `Cannot use --${name === 'kubeconfig' ? name : 'cluster-dns'} with demo: it brings a cluster of its own, got ${JSON.stringify(options[name])}`,
      );
    }
  }
  const api = new ApiServer();
  await api.start();
  const dns = new DnsServer({
    services: servicesOf(api),
    zone: options.clusterDomain ?? 'cluster.local',
  });
  await dns.start();
  const ending = new AbortController();
  playScenario(api, dns, { signal: ending.signal });

  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(api.kubeconfig());
  const logger = createLogger(options.logLevel);
  const probe = {
    ...probeConfigOf({ ...options, clusterDns: parseServers(dns.address) }, process.env),
  };
  const { listen } = options;
  const monitor = await startMonitor({
    kubeConfig,
    listen,
    probe,
    logger,
    onFatal: exitFatally(logger),
  });
  process.stdout.write(guide(monitor.url, api.url, dns.address));
  await untilSignal();
  ending.abort();
  await stopAndExit(async () => {
    await monitor.stop();
    await Promise.all([api.stop(), dns.stop()]);
  });
}

/** What to look at, and where. */
export function guide(url: string, apiUrl: string, dnsAddress: string): string {
  const width = Math.max(
    ...scenarioServices.map(({ namespace, name }) => `${namespace}/${name}`.length),
  );
  const rows = scenarioServices.map(
    ({ namespace, name, expected, look }: ScenarioService) =>
      `  ${`${namespace}/${name}`.padEnd(width)}  ${expected.verdict.padEnd(18)}  ${look}\n`,
  );
  const [host, port] = [
    dnsAddress.slice(0, dnsAddress.lastIndexOf(':')),
    dnsAddress.slice(dnsAddress.lastIndexOf(':') + 1),
  ];
  const example = scenarioServices[0];
  const alias = `${example?.name}.${example?.namespace}.svc.cluster.local`;
  return `externalname-monitor demo: the real monitor on an embedded cluster

  metrics      ${url}/metrics
  API server   ${apiUrl}/api/v1/services
  cluster DNS  dig @${host} -p ${port} ${alias}

Look at
  curl -s ${url}/metrics | grep externalname_service_verdict     what is wrong, and whose fault
  curl -s ${url}/metrics | grep 'externalname_service_up.* 0'    what pods cannot resolve
  curl -s ${url}/metrics | grep probe_last_duration              how long each hop takes

Services, and what the monitor should say of each within seconds
${rows.join('')}
Ctrl-C ends it.
`;
}
