import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type { ReferenceConfig } from '../model/messages.ts';
import { isInZone } from '../model/service.ts';
import { isInPublicDns } from './target-form.ts';

/** In the Public Suffix List, and yet of no use outside: a home's network (RFC 8375 §4), Tor (RFC 7686 §2). */
const NEVER_PUBLIC = ['home.arpa', 'onion'];

/** Reserved for testing (RFC 6761 §6.2): these names are not private. */
const TESTING = 'test';

/**
 * Whether reference resolvers may be asked for a target: its name then leaves the cluster. A name
 * under no public suffix is a private one, or an unqualified one such as `redis.other`, and
 * goes out only if a zone of the user's covers it.
 */
export function isAskedAtReferences(
  target: string,
  clusterDomain: string,
  { zones }: Pick<ReferenceConfig, 'zones'>,
): boolean {
  if (isLiteral(target) || whyNotEncodable(target)) return false;
  if (isInZone(target, clusterDomain) || isUnqualified(target)) return false;
  return zones.length > 0 ? zones.some((zone) => isInZone(target, zone)) : isPublicName(target);
}

/** One label, or the name of a Service without the cluster domain. */
function isUnqualified(target: string): boolean {
  return !target.includes('.') || target.endsWith('.svc');
}

function isPublicName(target: string): boolean {
  if (NEVER_PUBLIC.some((zone) => isInZone(target, zone))) return false;
  return isInZone(target, TESTING) || isInPublicDns(target);
}
