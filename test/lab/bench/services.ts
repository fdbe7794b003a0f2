/**
 * The Services of the bench and their DNS records. The i-th Service is the same in every process.
 */
export interface BenchService {
  readonly namespace: string;
  readonly name: string;
  readonly target: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

export const CLUSTER_DOMAIN = 'cluster.local';

export function serviceOf(i: number): BenchService {
  return {
    namespace: `team-${i % 50}`,
    name: `external-service-${i}`,
    target: `service-${i}.region-${i % 7}.example.com`,
    ipv4: `192.0.2.${i % 250}`,
    ipv6: `2001:db8::${(i % 60_000).toString(16)}`,
  };
}

export function aliasOf({ namespace, name }: BenchService): string {
  return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;
}

/** The five queries of a monitor's round. */
export function questionsOf(service: BenchService): { name: string; type: string }[] {
  const alias = aliasOf(service);
  return [
    { name: alias, type: 'A' },
    { name: alias, type: 'AAAA' },
    { name: alias, type: 'CNAME' },
    { name: service.target, type: 'A' },
    { name: service.target, type: 'AAAA' },
  ];
}

/** The object in the API server; `target` is for a Service that is edited later. */
export function objectOf(i: number, target = serviceOf(i).target) {
  const { namespace, name } = serviceOf(i);
  return {
    kind: 'Service',
    metadata: { namespace, name },
    spec: { type: 'ExternalName', externalName: target },
  };
}
