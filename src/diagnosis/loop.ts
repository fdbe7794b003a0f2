import { aliasOf, isInZone, type ServiceSpec } from '../model/service.ts';

/** CoreDNS gives up after 11 CNAMEs, so a longer chain makes no difference. */
const MAX_STEPS = 16;
/** A loop of more Services than this is not detected. */
const LONGEST_LOOP = 64;

/**
 * Whether the target of a Service leads back to the Service through watched Services, or lies below
 * the Service's own name. Cluster DNS then gives up and answers NODATA. `find` returns the Service
 * of a `namespace/name`.
 */
export function isInLoop(
  spec: Pick<ServiceSpec, 'namespace' | 'name' | 'target'>,
  clusterDomain: string,
  find: (key: string) => Pick<ServiceSpec, 'target'> | undefined,
): boolean {
  // A name outside the cluster can lead back only through records that the watched Services do not
  // show.
  if (!isInZone(spec.target, clusterDomain)) return false;
  const alias = aliasOf(spec, clusterDomain);
  const seen = new Set([alias]);
  let target: string | undefined = spec.target;
  for (let step = 0; target !== undefined && step <= LONGEST_LOOP; step++) {
    if (seen.has(target) || target.endsWith(`.${alias}`)) return true;
    seen.add(target);
    const key = keyOf(target, clusterDomain);
    target = key === undefined ? undefined : find(key)?.target;
  }
  return false;
}

/**
 * The last target of the chain through other watched Services; the target itself if it is not a
 * watched Service.
 */
export function finalTarget(
  target: string,
  clusterDomain: string,
  find: (key: string) => Pick<ServiceSpec, 'target'> | undefined,
): string {
  let last = target;
  for (let step = 0; step < MAX_STEPS; step++) {
    const key = keyOf(last, clusterDomain);
    const next = key === undefined ? undefined : find(key)?.target;
    if (next === undefined) break;
    last = next;
  }
  return last;
}

/** `db.shop.svc.cluster.local` → `shop/db`. */
function keyOf(target: string, clusterDomain: string): string | undefined {
  const suffix = `.svc.${clusterDomain}`;
  if (!target.endsWith(suffix)) return undefined;
  const [name, namespace, more] = target.slice(0, -suffix.length).split('.');
  return name && namespace && more === undefined ? `${namespace}/${name}` : undefined;
}
