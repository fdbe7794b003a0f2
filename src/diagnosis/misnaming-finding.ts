import type { Finding, Level } from '../model/finding.ts';
import type { Context } from './context.ts';
import { isPlaceholder } from './controller.ts';
import { finding } from './finding.ts';
import { correctionOf, isAbsent, type Misnaming, misnamingSeen } from './misnaming.ts';
import { isNegativeHop } from './outcomes.ts';
import { looseAddressOf } from './target-form.ts';

/** Levels used while the name may still exist; absent: no finding. */
interface Levels {
  readonly unanswered: Level;
  readonly resolving?: Level;
}

const LEVELS: Readonly<Record<Misnaming['rule'], Levels>> = {
  ip_like_target: { unanswered: 'critical', resolving: 'warning' },
  localhost_target: { unanswered: 'critical', resolving: 'warning' },
  unqualified_target: { unanswered: 'warning', resolving: 'warning' },
  wrong_cluster_domain: { unanswered: 'warning' },
  incomplete_cluster_name: { unanswered: 'warning' },
};

/** A finding about a mistake in the target name, with the intended name if one exists. */
export function misnamingFinding({ spec, round, clusterDomain }: Context): Finding | undefined {
  const misnaming = misnamingSeen(spec, round?.target, clusterDomain);
  if (!misnaming || isPlaceholder(spec, clusterDomain)) return undefined;
  const { rule, likelihood } = misnaming;
  const correction = round && correctionOf(round);
  if (likelihood === 'guess' && correction === undefined) return undefined;
  const level = levelOf(misnaming, { spec, round, clusterDomain });
  return level && finding(rule, correction ?? detailOf(rule, spec.target, clusterDomain), level);
}

function levelOf(
  { rule, mayBeServed }: Misnaming,
  { spec, round, clusterDomain }: { [K in 'spec' | 'round' | 'clusterDomain']: Context[K] },
): Level | undefined {
  // Vantage points only send the queries of pods.
  const isGone = round?.target
    ? isAbsent(spec.target, round.target, clusterDomain)
    : isNegativeHop(round?.app);
  if (isGone) return 'critical';
  if (mayBeServed) return undefined;
  const resolves = Object.values(round?.app ?? {}).some(({ outcome }) => outcome === 'ok');
  return resolves ? LEVELS[rule].resolving : LEVELS[rule].unanswered;
}

function detailOf(
  rule: Misnaming['rule'],
  target: string,
  clusterDomain: string,
): string | undefined {
  if (rule === 'localhost_target') return target;
  if (rule === 'wrong_cluster_domain') return `the cluster domain is ${clusterDomain}`;
  if (rule !== 'ip_like_target') return undefined;
  const address = looseAddressOf(target);
  return address === undefined ? target : `${target}: some programs read it as ${address}`;
}
