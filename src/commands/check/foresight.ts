import pLimit from 'p-limit';
import { UsageError } from '../../config/values.ts';
import { isPlaceholder } from '../../diagnosis/controller.ts';
import { finalTarget, isInLoop } from '../../diagnosis/loop.ts';
import { misnamingOf } from '../../diagnosis/misnaming.ts';
import { isBad } from '../../diagnosis/outcomes.ts';
import { isLiteral, whyNotEncodable } from '../../dns/name.ts';
import { openResolver } from '../../dns/resolver.ts';
import type { ProbeConfig } from '../../model/messages.ts';
import { kindOf, servesZone } from '../../model/outcome.ts';
import type { QueryResult, Round } from '../../model/round.ts';
import { aliasOf, isInZone, type ServiceSpec } from '../../model/service.ts';
import { steadyNow } from '../../model/time.ts';
import { type ForesightOptions, foreseeRound } from '../../probe/foresee.ts';
import { CONFIRM_AFTER_MS } from '../../probe/rounds.ts';
import { askSensor } from '../../probe/sensors.ts';
import type { Store } from '../../state/store.ts';
import type { Progress } from './progress.ts';

/** A hop is two queries, A and AAAA. */
const QUERIES_PER_HOP = 2;

const UNRESOLVED = {
  controller: 'a controller fills in the target, or does not need it',
  nobody: '--dns=none sends no query for the target',
  manifest: 'the target is another Service of these manifests',
  zone: 'the target is in the cluster, and these DNS servers do not know its names',
} as const;

interface Parts {
  readonly config: ProbeConfig;
  /** Has seen all Services; their rounds go into it. */
  readonly store: Store;
  readonly asksNobody: boolean;
  /** Names that Services of other types would have. */
  readonly otherAliases: readonly string[];
  readonly progress: Progress;
}

/**
 * Resolves the targets of all Services in the store from here. Returns why some were not asked for, by key.
 * @throws UsageError if no DNS server answers anything
 */
export async function foresee(parts: Parts): Promise<ReadonlyMap<string, string>> {
  const { config, store, asksNobody, progress } = parts;
  const specs = [...store.records.values()].map(({ spec }) => spec);
  const knowsZone = !asksNobody && (await isOfCluster(config, specs));
  const unresolved = new Map<string, string>();
  const limit = pLimit(Math.max(1, Math.floor(config.maxOutstanding / QUERIES_PER_HOP)));
  let done = 0;
  let asked = 0;
  let answered = 0;
  const names = new Set([
    ...parts.otherAliases,
    ...specs.map((spec) => aliasOf(spec, config.clusterDomain)),
  ]);
  const look = async (spec: ServiceSpec): Promise<void> => {
    const options = { ...optionsFor(spec, parts, knowsZone), names };
    const why = whyUnresolved(spec, options, parts);
    if (why) unresolved.set(spec.key, UNRESOLVED[why]);
    for (const round of why ? [] : await roundsOf(spec, options)) {
      store.round(reportOf(spec, round), steadyNow());
      const results = askedOfTarget(round);
      asked += results.length;
      answered += results.filter(({ outcome }) => kindOf(outcome) !== 'silence').length;
    }
    progress.update(++done);
  };
  await Promise.all(specs.map((spec) => limit(look, spec)));
  if (asked > 0 && answered === 0) await assertAnswers(config);
  return unresolved;
}

function optionsFor(
  spec: ServiceSpec,
  parts: Parts,
  knowsZone: boolean,
): Omit<ForesightOptions, 'names'> {
  const { config, store } = parts;
  const { clusterDomain } = config;
  const find = (key: string): ServiceSpec | undefined => store.records.get(key)?.spec;
  return {
    ...config,
    finalTarget: finalTarget(spec.target, clusterDomain, find),
    inLoop: isInLoop(spec, clusterDomain, find),
    knowsZone,
  };
}

/** Why there is nobody to ask for a target; undefined also where the spec alone says what comes of it. */
function whyUnresolved(
  spec: ServiceSpec,
  { finalTarget: last, inLoop, knowsZone, clusterDomain }: ForesightOptions,
  { asksNobody, otherAliases }: Parts,
): keyof typeof UNRESOLVED | undefined {
  if (isPlaceholder(spec, clusterDomain)) return 'controller';
  const { target } = spec;
  if (inLoop || [target, last].some((name) => isLiteral(name) || whyNotEncodable(name)))
    return undefined;
  if (otherAliases.some((alias) => last === alias || last.endsWith(`.${alias}`))) return 'manifest';
  if (asksNobody) return 'nobody';
  return isInZone(last, clusterDomain) && !knowsZone ? 'zone' : undefined;
}

/** One round, or two: what is bad is asked again before it is believed, as the monitor does it. */
async function roundsOf(spec: ServiceSpec, options: ForesightOptions): Promise<Round[]> {
  const first = await foreseeRound(spec, options);
  const isSure = askedOfTarget(first).length === 0 || !isBad(first, spec.settings.families);
  if (isSure) return [first];
  await new Promise((resolve) => setTimeout(resolve, CONFIRM_AFTER_MS));
  return [first, await foreseeRound(spec, options)];
}

/** What somebody was asked for; some results follow from the spec. */
function askedOfTarget({ target }: Round): QueryResult[] {
  return Object.values(target ?? {}).filter(({ exchanges }) => exchanges.length > 0);
}

function reportOf({ key, uid, target }: ServiceSpec, round: Round) {
  return {
    type: 'round',
    key,
    uid,
    target,
    round,
    kind: 'judged',
    earlier: [],
    targetShared: false,
    converging: false,
    failingServers: [],
    singles: [],
    endedAt: steadyNow(),
    delaySeconds: 0,
  } as const;
}

/** Whether the servers are those of a cluster, so that they know the names in its zone; asked only if it matters. */
async function isOfCluster(config: ProbeConfig, specs: readonly ServiceSpec[]): Promise<boolean> {
  const { clusterDomain } = config;
  const matters = specs.some(
    (spec) => isInZone(spec.target, clusterDomain) || hasCandidates(spec, clusterDomain),
  );
  return matters && servesZone((await askSensor('control', openResolver, config)).outcome);
}

function hasCandidates(spec: ServiceSpec, clusterDomain: string): boolean {
  return (misnamingOf(spec, clusterDomain)?.candidates.length ?? 0) > 0;
}

/** One target may well hang, but then a name that everybody knows, or knows not to exist, does not. */
async function assertAnswers(config: ProbeConfig): Promise<void> {
  const { outcome } = await askSensor('control', openResolver, config);
  if (kindOf(outcome) !== 'silence') return;
  const servers = config.servers.map(({ label }) => label).join(', ');
  throw new UsageError(
    `Cannot resolve the targets: no DNS server answers (${outcome}); set --dns=<address>, or --dns=none to check the specs only, got ${servers}`,
  );
}
