/** A target in the zone of the cluster: its owner is in the cluster as well. */
import { isInZone } from '../../model/service.ts';
import { adviceFor, BLAMES, type Diagnosis } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';

/** The name at the end of the target's chain: an alias of an alias may lead out of the cluster. */
export function endOf({
  spec,
  round,
  roundTarget,
}: Pick<ServiceRecord, 'spec' | 'round' | 'roundTarget'>): string {
  const answers = roundTarget === spec.target ? Object.values(round?.target ?? {}) : [];
  return answers.flatMap(({ chain }) => chain.at(-1)?.name ?? [])[0] ?? spec.target;
}

/** The name of its owner, for people; undefined if the target is outside of the cluster. */
function ownerOf(target: string, clusterDomain: string): string | undefined {
  if (!isInZone(target, clusterDomain)) return undefined;
  const labels = target.slice(0, -clusterDomain.length - 1).split('.');
  // A name with more labels is that of a pod of a headless Service.
  const [service, namespace, kind] = labels.slice(-3);
  if (kind !== 'svc' || !service || !namespace) return `the owner of ${target} in this cluster`;
  return `Service ${service} in namespace ${namespace} of this cluster`;
}

type Blamed = Pick<Diagnosis, 'verdict' | 'blame' | 'advice'>;

/** The component at fault, for a Service with this target. */
export function blameMeaningFor({ blame }: Blamed, target: string, clusterDomain: string): string {
  const owner = blame === 'target' ? ownerOf(target, clusterDomain) : undefined;
  return owner ?? BLAMES[blame].meaning;
}

/** The first thing to try, for a Service with this target. */
export function adviceForTarget(
  diagnosis: Blamed & Diagnosis,
  target: string,
  clusterDomain: string,
): string {
  const owner = diagnosis.advice === undefined ? ownerOf(target, clusterDomain) : undefined;
  if (owner === undefined) return adviceFor(diagnosis);
  switch (diagnosis.verdict) {
    case 'target_nxdomain':
      return `Look at ${owner}: create it if it is missing, and a headless Service needs a ready pod. Or correct spec.externalName.`;
    case 'target_no_address':
      return `Look at ${owner}: it has no address of a family that pods can use.`;
    case 'family_failing':
      return 'Ask cluster DNS for A and AAAA of the target: it answers for its own zone itself.';
    case 'target_failing':
      return 'Look at cluster DNS: it answers for its own zone itself.';
    default:
      return adviceFor(diagnosis);
  }
}
