import type { ServiceSpec } from '../model/service.ts';

/** A spec does not change, so what follows from it is computed once and not on every round. */
export function perSpec<S extends Pick<ServiceSpec, 'target'>, T>(
  compute: (spec: S, clusterDomain: string) => T,
): (spec: S, clusterDomain: string) => T {
  const known = new WeakMap<S, { readonly clusterDomain: string; readonly value: T }>();
  return (spec, clusterDomain) => {
    const before = known.get(spec);
    if (before?.clusterDomain === clusterDomain) return before.value;
    const value = compute(spec, clusterDomain);
    known.set(spec, { clusterDomain, value });
    return value;
  };
}
