import { performance } from 'node:perf_hooks';
import { inspect } from '../dns/inspect.ts';
import { whyNotEncodable } from '../dns/name.ts';
import type { Heard } from '../dns/resolver.ts';
import type { Probed, Step } from '../model/probed.ts';
import type { Round } from '../model/round.ts';
import { aliasOf } from '../model/service.ts';
import type { Core } from './core.ts';
import { askAlias, runRound } from './round.ts';
import { forwardedTo, type Watched } from './watched.ts';

/** Longest trace. Attempts times servers is far less. */
const MOST_STEPS = 200;

/**
 * One round of a Service at once, and every message of it. It keeps to what regular rounds keep to: the budget of
 * what must be forwarded, and no query but CNAME for a name that cluster DNS may not know yet, since an early
 * NXDOMAIN would be cached for the pods. It asks once: a failure is not confirmed before it is reported.
 */
export async function probeNow(watched: Watched, { config, open, budget }: Core): Promise<Probed> {
  const { spec } = watched;
  const startedAt = Date.now();
  const start = performance.now();
  const steps: Step[] = [];
  const onExchange = (heard: Heard): void => {
    if (steps.length < MOST_STEPS) steps.push(stepOf(heard, start));
  };
  const { converging } = watched.past;
  const asker = open({ ...config, onExchange });
  const ask = async (): Promise<Round> => {
    if (whyNotEncodable(spec.target)) return {};
    const { clusterDomain } = config;
    if (converging)
      return { alias: await askAlias(asker, aliasOf(spec, clusterDomain), spec.target) };
    const domain = forwardedTo(watched, clusterDomain);
    return runRound(asker, spec, {
      clusterDomain,
      hops: 'all',
      permit: domain === undefined ? undefined : () => budget.take(domain),
    });
  };
  try {
    const round = await ask();
    return {
      key: spec.key,
      uid: spec.uid,
      target: spec.target,
      converging,
      round,
      steps: steps.sort((a, b) => a.startedMs - b.startedMs),
      startedAt,
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    asker.close();
  }
}

function stepOf({ question, edns, startedAt, exchanged }: Heard, start: number): Step {
  const { exchange, message } = exchanged;
  return {
    name: question.name,
    type: question.type,
    edns,
    startedMs: startedAt - start,
    exchange,
    ...(message ? { reply: inspect(message) } : {}),
  };
}
