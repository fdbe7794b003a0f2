/** Findings about the spec alone. */
import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type { Finding } from '../model/finding.ts';
import { hint } from '../model/near-miss.ts';
import {
  ANNOTATION_PREFIX,
  ANNOTATIONS,
  CONTROLLERS,
  isInZone,
  type ServicePort,
  type ServiceSpec,
} from '../model/service.ts';
import { isPlaceholder } from './controller.ts';
import { finding } from './finding.ts';
import { perSpec } from './per-spec.ts';
import { shadowFindings } from './shadowed-names.ts';
import { isTlsPort } from './tls-port.ts';

/** Maximum number of ports that a detail names. */
const PORTS_NAMED = 8;

type FindingSpec = Pick<
  ServiceSpec,
  'namespace' | 'name' | 'target' | 'ports' | 'controller' | 'hasSelector' | 'unknownAnnotations'
>;

export const specFindings: (spec: FindingSpec, clusterDomain: string) => readonly Finding[] =
  perSpec((spec, clusterDomain) => [
    ...targetFindings(spec, clusterDomain),
    ...shadowFindings(spec, clusterDomain),
    ...portFindings(spec),
    ...otherFindings(spec),
  ]);

function* targetFindings(spec: FindingSpec, clusterDomain: string): Generator<Finding> {
  const { target, namespace, controller } = spec;
  if (isPlaceholder(spec, clusterDomain)) return;
  if (isLiteral(target)) {
    yield finding('ip_literal_target', target);
    return;
  }
  const why = whyNotEncodable(target);
  if (why) yield finding('name_not_encodable', why);
  const owner = ownerOf(target, clusterDomain);
  // The Tailscale operator keeps its target Services in its own namespace.
  if (owner && owner.namespace !== namespace && controller !== 'tailscale') {
    yield finding('in_cluster_target', `${owner.kind} ${owner.namespace}/${owner.name}`);
  }
}

function* otherFindings({
  controller,
  hasSelector,
  unknownAnnotations = [],
}: FindingSpec): Generator<Finding> {
  if (unknownAnnotations.length > 0) {
    yield finding('unknown_annotation', unknownAnnotations.map(withHint).join(', '));
  }
  if (hasSelector) yield finding('selector_ignored');
  if (controller) yield finding('filled_by_controller', CONTROLLERS[controller]);
}

function withHint(key: string): string {
  const known = ANNOTATIONS.map((name) => `${ANNOTATION_PREFIX}${name}`);
  return `${key} (${hint(key, known, `there are ${ANNOTATIONS.join(', ')}`)})`;
}

function* portFindings({ target, ports }: FindingSpec): Generator<Finding> {
  if (ports.length === 0) return;
  yield finding('ports_ignored', listed(ports));
  const tls = ports.filter(isTlsPort);
  // A certificate check needs a name; an address has none.
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
 * The owner of an in-cluster target, by the DNS schema of Kubernetes: `db.shop.svc.<domain>`, also
 * with a pod of a headless Service or a port before it, or `10-0-0-1.shop.pod.<domain>`; undefined
 * for every other name.
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
