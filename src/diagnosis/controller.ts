import { isLiteral } from '../dns/name.ts';
import { isInZone, type ServiceSpec } from '../model/service.ts';

/**
 * Whether the target is a placeholder that pods do not use. The Tailscale operator replaces any
 * target with a Service of its own. external-dns publishes an address, or takes the target from
 * another annotation.
 */
export function isPlaceholder(
  { target, controller }: Pick<ServiceSpec, 'target' | 'controller'>,
  clusterDomain: string,
): boolean {
  if (controller === 'tailscale') return !isInZone(target, clusterDomain);
  return controller === 'external-dns' && (isLiteral(target) || !target.includes('.'));
}
