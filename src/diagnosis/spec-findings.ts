/** Findings in the spec alone. */
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type { Finding } from '../model/finding.ts';
import { isInZone, type ServicePort, type ServiceSpec } from '../model/service.ts';
import { finding } from './finding.ts';
import { isTlsPort } from './tls-port.ts';

/** More ports than these are not named in a detail. */
const PORTS_NAMED = 8;

type FindingSpec = Pick<ServiceSpec, 'namespace' | 'name' | 'target' | 'ports'>;

interface Known {
  readonly clusterDomain: string;
  readonly findings: readonly Finding[];
}

/** A spec does not change, so each is looked at once and not on every round. */
const known = new WeakMap<FindingSpec, Known>();

export function specFindings(spec: FindingSpec, clusterDomain: string): readonly Finding[] {
  const before = known.get(spec);
  if (before?.clusterDomain === clusterDomain) return before.findings;
  const findings = [...targetFindings(spec, clusterDomain), ...portFindings(spec)];
  known.set(spec, { clusterDomain, findings });
  return findings;
}

function* targetFindings(spec: FindingSpec, clusterDomain: string): Generator<Finding> {
  const { target, namespace } = spec;
  if (isLiteral(target)) {
    yield finding('ip_literal_target', target);
    return;
  }
  const why = whyNotEncodable(target);
  if (why) yield finding('name_not_encodable', why);
  const owner = ownerOf(target, clusterDomain);
  if (owner && owner.namespace !== namespace) {
    yield finding('in_cluster_target', `${owner.kind} ${owner.namespace}/${owner.name}`);
  }
}

function* portFindings({ target, ports }: FindingSpec): Generator<Finding> {
  if (ports.length === 0) return;
  yield finding('ports_ignored', listed(ports));
  const tls = ports.filter(isTlsPort);
  // For an address there is no name that a certificate could be for.
  if (tls.length > 0 && !isLiteral(target)) {
    yield finding('tls_name_differs', `${listed(tls)}: ${target}`);
  }
}

function listed(ports: readonly ServicePort[]): string {
  const named = ports.slice(0, PORTS_NAMED).map(({ port }) => port);
  const more = ports.length - named.length;
  return `${named.length === 1 && more === 0 ? 'port' : 'ports'} ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * Whose name an in-cluster target is, by the cluster's DNS schema: `db.shop.svc.<domain>`, also with a pod of a
 * headless Service or a port before it, or `10-0-0-1.shop.pod.<domain>`; undefined for every other name.
 */
function ownerOf(
  target: string,
  clusterDomain: string,
): { kind: 'Service' | 'pod'; namespace: string; name: string } | undefined {
  if (!isInZone(target, clusterDomain)) return undefined;
  const labels = target.slice(0, -clusterDomain.length - 1).split('.');
  const [name, namespace, kind] = labels.slice(-3);
  if (!name || !namespace) return undefined;
  if (kind === 'svc') return { kind: 'Service', namespace, name };
  return kind === 'pod' ? { kind: 'pod', namespace, name } : undefined;
}
