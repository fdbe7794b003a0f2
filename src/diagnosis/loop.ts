import { aliasOf, isInZone, type ServiceSpec } from '../model/service.ts';

/** CoreDNS gives up after 11 CNAMEs; what a longer chain leads to makes no difference. */
const MAX_STEPS = 16;
/** A loop of more Services is not found. */
const LONGEST_LOOP = 64;

/**
 * Whether the target of a Service leads back to where it was, by way of watched Services, or lies
 * below the Service's own name: cluster DNS then gives up, and answers NODATA.
 * `find` gives the Service of a `namespace/name`.
 */
export function isInLoop(
  spec: Pick<ServiceSpec, 'namespace' | 'name' | 'target'>,
  clusterDomain: string,
  find: (key: string) => Pick<ServiceSpec, 'target'> | undefined,
): boolean {
  // A name outside the cluster leads back by other ways only, which the watched Services do not show.
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

/** The last target that a target leads to by way of other watched Services: itself, unless it is one of them. */
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
