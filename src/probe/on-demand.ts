import { performance } from 'node:perf_hooks';
import { inspect } from '../dns/inspect.ts';
import { whyNotEncodable } from '../dns/name.ts';
import type { Heard } from '../dns/resolver.ts';
import type { ProbeConfig } from '../model/messages.ts';
import type { Probed, Step } from '../model/probed.ts';
import type { Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Lanes } from './lanes.ts';
import { runRound, runSettling } from './round.ts';
import type { Watched } from './watched.ts';

/** Attempts times servers is far less; a trace of more is of no use to anybody. */
const MOST_STEPS = 200;

/**
 * One round of a Service at once, and every message of it. It keeps to what regular rounds keep to: the cap on
 * what must be forwarded, and no question but CNAME about a name that cluster DNS may not know yet, since an early
 * NXDOMAIN would be cached for the pods. It asks once: a failure is not looked at again before it is told.
 */
export async function probeNow(
  { spec, settling }: Pick<Watched, 'spec' | 'settling'>,
  config: ProbeConfig,
  lanes: Lanes,
): Promise<Probed> {
  const startedAt = Date.now();
  const start = performance.now();
  const steps: Step[] = [];
  const onExchange = (heard: Heard): void => {
    if (steps.length < MOST_STEPS) steps.push(stepOf(heard, start));
  };
  const isSettling = settling !== undefined;
  const round = await askNow(spec, isSettling, { ...config, onExchange }, lanes);
  return {
    key: spec.key,
    uid: spec.uid,
    target: spec.target,
    settling: isSettling,
    round,
    steps: steps.sort((a, b) => a.startedMs - b.startedMs),
    startedAt,
    seconds: (performance.now() - start) / 1000,
  };
}

async function askNow(
  spec: ServiceSpec,
  isSettling: boolean,
  config: ProbeConfig & { readonly onExchange: (heard: Heard) => void },
  lanes: Lanes,
): Promise<Round> {
  if (whyNotEncodable(spec.target)) return {};
  if (isSettling) return runSettling(spec, config);
  const { recordTypes } = spec.settings;
  const gate = <T>(ask: () => Promise<T>): Promise<T> => lanes.hop(spec, ask);
  return runRound(spec, { ...config, recordTypes, first: 'app', gate });
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
