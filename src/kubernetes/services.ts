import { type ServiceSpec, targetOf } from '../model/service.ts';
import type { KubernetesObject, Resource } from './reflector.ts';

/** Services of type ExternalName, over all namespaces. */
export const EXTERNAL_NAME_SERVICES: Resource<ServiceSpec> = {
  path: '/api/v1/services',
  fieldSelector: 'spec.type=ExternalName',
  slim: specOf,
};

/** A Service as our own small record; undefined if it is of another type, as one is after being retyped. */
export function specOf(object: KubernetesObject): ServiceSpec | undefined {
  const spec = object.spec as { type?: unknown; externalName?: unknown } | undefined;
  const { namespace, name, uid } = object.metadata ?? {};
  if (spec?.type !== 'ExternalName' || typeof spec.externalName !== 'string') return undefined;
  if (!namespace || !name || !uid) return undefined;
  const { externalName } = spec;
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid,
    externalName,
    target: targetOf(externalName),
  };
}
