import { type ServiceSettings, type ServiceSpec, targetOf } from '../src/model/service.ts';

/** Settings of a Service without annotations, at the pace of tests (see `probeConfig`). */
export const SETTINGS: ServiceSettings = {
  enabled: true,
  intervalMs: 500,
  recordTypes: ['A', 'AAAA'],
  families: ['ipv4', 'ipv6'],
};

/** A change of a Service's spec, of any of its settings too. */
export type SpecChange = Partial<Omit<ServiceSpec, 'settings'>> & {
  readonly settings?: Partial<ServiceSettings>;
};

/** A Service as the informer gives it: `shop/<name>`, with `<name>.example.com` as its target. */
export function specOf(name: string, change: SpecChange = {}): ServiceSpec {
  const { namespace = 'shop', externalName = `${name}.example.com` } = change;
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid: name,
    createdAt: 0,
    externalName,
    target: targetOf(externalName),
    ports: [],
    invalidAnnotations: [],
    labels: {},
    ...change,
    settings: { ...SETTINGS, ...change.settings },
  };
}
