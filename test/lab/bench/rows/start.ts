import type { ClusterOps } from '../children/cluster.ts';
import { cpuOfStart } from '../parts/monitor.ts';
import { forkChild } from '../parts/rpc.ts';
import { median } from '../parts/stats.ts';
import type { Row } from '../row.ts';

const SERVICES = 20;
const STARTS = 7;

export const start: Row = {
  name: 'start',
  title: 'CPU time of all threads from the start until it listens',
  async run() {
    const cluster = forkChild<ClusterOps>('cluster');
    try {
      const kubeconfig = await cluster.call('start', SERVICES);
      const seconds: number[] = [];
      // No DNS server: no answer comes before it listens.
      const flags = { kubeconfig, dns: '127.0.0.1:9', interval: '30s', histograms: true };
      for (let i = 0; i < STARTS; i++) seconds.push(await cpuOfStart(flags));
      const [least, most] = [Math.min(...seconds), Math.max(...seconds)];
      return [
        {
          what: `${SERVICES} Services, median of ${STARTS}`,
          measured: `${median(seconds).toFixed(2)} s (${least.toFixed(2)} to ${most.toFixed(2)})`,
          value: median(seconds),
          unit: 's',
          limit: 0.4,
        },
      ];
    } finally {
      await cluster.stop();
    }
  },
};
