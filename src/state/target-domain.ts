import { isIP } from 'node:net';
import { providerDomain } from '../diagnosis/provider-domain.ts';
import { isInZone } from '../model/service.ts';

/**
 * The domain whose name servers answer for a target, which Services may share. Undefined for an IP literal, and in the zone of the
 * cluster, for which cluster DNS answers itself.
 */
export function targetDomain(target: string, clusterDomain: string): string | undefined {
  if (target === '' || isIP(target) !== 0 || isInZone(target, clusterDomain)) return undefined;
  return providerDomain(target);
}
