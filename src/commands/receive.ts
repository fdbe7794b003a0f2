import { setImmediate } from 'node:timers/promises';
import type { Report } from '../model/messages.ts';
import type { Store } from '../state/store.ts';
import type { MonitorMetrics } from '../views/metrics/monitor.ts';

/** As long as this the main thread may be busy with what all Services need at once. */
const TURN_MS = 5;

/** Worker ─▶ state and the monitor's own metrics. */
export function receive(message: Report, store: Store, metrics: MonitorMetrics): void {
  const now = Date.now();
  switch (message.type) {
    case 'round':
      if (store.round(message, now)) metrics.round(message);
      break;
    case 'server':
      if (!store.knows(message.server)) break;
      store.server(message, now);
      metrics.server(message);
      break;
    case 'reference':
      store.reference(message, now);
      metrics.reference(message);
      break;
    case 'converged':
      if (store.knows(message.server)) metrics.converged(message);
      break;
    case 'control':
      if (!store.knows(message.server)) break;
      metrics.control(message);
      if (store.controlAsked(message)) void rejudgeAll(store);
      break;
    case 'worker':
      metrics.worker(message);
      break;
  }
}

/** For what turns every verdict, such as a server that fails or another policy: they must not wait for their next rounds, nor keep scrapes waiting. */
export async function rejudgeAll(store: Store): Promise<void> {
  let since = performance.now();
  for (const key of [...store.records.keys()]) {
    store.rejudge(key, Date.now());
    if (performance.now() - since < TURN_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}
