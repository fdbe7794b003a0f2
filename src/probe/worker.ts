/** The probe worker's thread: the prober, fed by messages, and the watch on its own event loop. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromWorker, ProbeConfig, ToWorker } from '../model/messages.ts';
import { Mailbox } from './mailbox.ts';
import { Prober } from './prober.ts';

const port = parentPort;
if (!port) throw new Error('Cannot start the probe worker: it is not in a worker thread');

const REPORT_MS = 1_000;
/** Fine enough to see a delay that would spoil a latency, coarse enough to cost nothing. */
const LAG_RESOLUTION_MS = 50;

const mailbox = new Mailbox<FromWorker>((text) => port.postMessage(text));
const prober = new Prober(workerData as ProbeConfig, (message) => mailbox.send(message));

const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
lag.enable();
const health = setInterval(() => {
  const lagSeconds = Math.max(0, lag.max / 1e9 - LAG_RESOLUTION_MS / 1000);
  lag.reset();
  const { inflight } = prober;
  mailbox.send({ type: 'worker', inflight, lagSeconds, skipped: prober.takeSkipped() });
}, REPORT_MS);

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'watch':
      for (const spec of message.services) prober.watch(spec, message.news);
      break;
    case 'unwatch':
      for (const key of message.keys) prober.unwatch(key);
      break;
    case 'pods':
      prober.setPods(message.servers);
      break;
    case 'stop':
      clearInterval(health);
      lag.disable();
      prober.stop();
      mailbox.close();
      port.close();
      process.exit();
  }
});
