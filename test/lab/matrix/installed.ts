/**
 * The monitor as installed by the shipped manifests: its arguments and environment are read from
 * them.
 */
import { at, readYaml } from '../../fixtures/yaml.ts';

/** Addresses of pods, by kind of cluster. */
export const POD_IPS = {
  ipv4: '10.244.1.7',
  dual: '10.244.1.7,fd00:10:244:1::7',
  ipv6: 'fd00:10:244:1::7',
} as const;

export type PodIps = keyof typeof POD_IPS;

export interface Installed {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The command that the kubelet would start in a cluster with such pods; with `hasPods`, includes
 * the component that discovers the pods of cluster DNS.
 */
export function installed(podIps: PodIps, hasPods: boolean): Installed {
  const files = [
    'manifests/base/deployment.yaml',
    ...(hasPods ? ['manifests/components/dns-pods/discover.yaml'] : []),
  ];
  const containers = files.map((file) => at(readYaml(file), 'spec.template.spec.containers.0'));
  const list = (key: string) =>
    containers.flatMap((one) => (at(one, key) ?? []) as readonly unknown[]);
  const env = list('env').map((one) => [at(one, 'name'), envValue(one, podIps)]);
  return { args: list('args').map(String), env: Object.fromEntries(env) };
}

/** @throws Error if a variable has an unknown source */
function envValue(variable: unknown, podIps: PodIps): string {
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': 'externalname-monitor-6d4f9c7b5d-x2k4p',
    'metadata.namespace': 'externalname-monitor',
    'status.podIPs': POD_IPS[podIps],
  };
  const field = at(variable, 'valueFrom.fieldRef.fieldPath');
  const value = at(variable, 'value') ?? fields[String(field)];
  if (typeof value === 'string') return value;
  throw new Error(
    `Cannot set ${at(variable, 'name')} as a kubelet does: no such field is known, got ${field}`,
  );
}
