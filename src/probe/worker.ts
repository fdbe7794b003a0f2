/** The probe worker's thread: the prober, fed by messages, and the watch on its own event loop. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { openResolver } from '../dns/resolver.ts';
import type { FromWorker, ProbeConfig, ToWorker } from '../model/messages.ts';
import { REAL_CLOCK } from './clock.ts';
import { Mailbox } from './mailbox.ts';
import { Prober } from './prober.ts';
import { References } from './references.ts';
import { SearchDomains } from './search-domains.ts';
import { Signatures } from './signatures.ts';
import { UpstreamResolvers } from './upstream-resolvers.ts';

const port = parentPort;
if (!port) throw new Error('Cannot start the probe worker: it is not in a worker thread');

const REPORT_MS = 1_000;
/** Fine enough to see a delay that would spoil a latency, coarse enough to cost nothing. */
const LAG_RESOLUTION_MS = 50;

const mailbox = new Mailbox<FromWorker>((text) => port.postMessage(text));
const report = (message: FromWorker): void => mailbox.send(message);
const config = workerData as ProbeConfig;
const resolvers = new UpstreamResolvers(config, { clock: REAL_CLOCK, report });
// What is no news goes with the report of our health, which is sent every second.
const prober = new Prober(config, (message, haste) => {
  mailbox.send(message, haste);
  if (message.type === 'round') resolvers.round(message);
});
const references = config.reference && new References(config, config.reference, report);
const beside = {
  open: openResolver,
  budget: prober.budget,
  isSilent: () => prober.isSilent,
  report,
};
const searchDomains = new SearchDomains(config, { ...beside, clock: REAL_CLOCK });
const signatures =
  config.dnssecHorizonMs === undefined ? undefined : new Signatures(config, beside);

const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
lag.enable();
const health = setInterval(() => {
  const lagSeconds = Math.max(0, lag.max / 1e9 - LAG_RESOLUTION_MS / 1000);
  lag.reset();
  const { inflight } = prober;
  const skipped = { ...prober.takeSkipped(), ...references?.takeSkipped() };
  report({ type: 'worker', inflight, lagSeconds, skipped });
}, REPORT_MS);

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'watch':
      for (const spec of message.services) {
        prober.watch(spec, message.news);
        references?.watch(spec);
        signatures?.watch(spec);
      }
      break;
    case 'unwatch':
      for (const key of message.keys) {
        prober.unwatch(key);
        references?.unwatch(key);
        resolvers.unwatch(key);
        signatures?.unwatch(key);
      }
      break;
    case 'again':
      prober.again(message.keys);
      break;
    case 'pods':
      prober.setPods(message.servers);
      break;
    case 'forwards':
      resolvers.setForwards(message.forwards);
      break;
    case 'probe': {
      const { id, key } = message;
      void prober.probe(key).then((probed) => {
        mailbox.send({ type: 'probed', id, ...(probed ? { probed } : {}) }, 'now');
      });
      break;
    }
    case 'stop':
      clearInterval(health);
      lag.disable();
      prober.stop();
      references?.stop();
      resolvers.stop();
      searchDomains.stop();
      signatures?.stop();
      mailbox.close();
      port.close();
      process.exit();
  }
});
