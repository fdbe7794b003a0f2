import type { ServiceSpec } from '../model/service.ts';

/**
 * Computes a value once per spec. A spec object never changes, so each round can reuse the value.
 */
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
