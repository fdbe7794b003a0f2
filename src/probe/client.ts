import { Worker } from 'node:worker_threads';
import type { Forward } from '../model/forward.ts';
import type { FromWorker, News, ProbeConfig, Report, Server, ToWorker } from '../model/messages.ts';
import type { Probed } from '../model/probed.ts';
import type { ServiceSpec } from '../model/service.ts';
import { openMail } from './mailbox.ts';

/** The main thread's side of the probe worker. */
export interface ProbeClient {
  watch(services: readonly ServiceSpec[], news: News): void;
  unwatch(keys: readonly string[]): void;
  /** A round of each soon, and not only on its turn. */
  again(keys: readonly string[]): void;
  /** The pods of cluster DNS as they now are. */
  setPods(servers: readonly Server[]): void;
  /** Where cluster DNS forwards to, as it now is. */
  setForwards(forwards: readonly Forward[]): void;
  /** One round of a Service now, beside the regular ones; undefined if it is not watched. */
  probe(key: string): Promise<Probed | undefined>;
  /** Ends the thread; rounds under way are dropped. */
  stop(): Promise<void>;
}

/** Sources are run as they are, the bundle has the worker beside its main file. */
const FILE = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';

/**
 * Starts the probe worker in a thread of its own, so that nothing that the main thread does ends up
 * in a measured latency. `onFailure` is called if the thread dies: there is no going on without it.
 */
export function startProbeWorker(
  config: ProbeConfig,
  onMessage: (message: Report) => void,
  onFailure: (error: Error) => void,
): ProbeClient {
  const worker = new Worker(new URL(FILE, import.meta.url), { workerData: config });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  let stopping = false;
  let asked = 0;
  const waiting = new Map<number, (probed: Probed | undefined) => void>();
  const answered = (id: number, probed: Probed | undefined): void => {
    waiting.get(id)?.(probed);
    waiting.delete(id);
  };
  worker.on('message', (text: string) => {
    for (const message of openMail<FromWorker>(text)) {
      if (message.type === 'probed') answered(message.id, message.probed);
      else onMessage(message);
    }
  });
  worker.on('error', onFailure);
  worker.on('exit', (code) => {
    if (!stopping) onFailure(new Error(`Cannot go on probing: the worker ended, got code ${code}`));
  });
  const post = (message: ToWorker): void => worker.postMessage(message);
  return {
    watch: (services, news) => {
      if (services.length > 0) post({ type: 'watch', services, news });
    },
    unwatch: (keys) => post({ type: 'unwatch', keys }),
    again: (keys) => {
      if (keys.length > 0) post({ type: 'again', keys });
    },
    setPods: (servers) => post({ type: 'pods', servers }),
    setForwards: (forwards) => post({ type: 'forwards', forwards }),
    probe: (key) =>
      new Promise((resolve) => {
        const id = asked++;
        waiting.set(id, resolve);
        post({ type: 'probe', id, key });
      }),
    stop: async () => {
      stopping = true;
      post({ type: 'stop' });
      await ended;
      for (const id of [...waiting.keys()]) answered(id, undefined);
    },
  };
}
