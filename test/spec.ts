import { type ServiceSpec, targetOf } from '../src/model/service.ts';

/** A Service as the informer gives it: `shop/<name>`, with `<name>.example.com` as its target. */
export function specOf(name: string, change: Partial<ServiceSpec> = {}): ServiceSpec {
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
    settings: { enabled: true },
    invalidAnnotations: [],
    labels: {},
    ...change,
  };
}
