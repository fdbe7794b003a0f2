import { isLiteral, whyNotEncodable } from '../dns/name.ts';
import type { ReferenceConfig } from '../model/messages.ts';
import { isInZone } from '../model/service.ts';
import { isInPublicDns } from './target-form.ts';

/**
 * These are in the Public Suffix List but are not public: a home network (RFC 8375 §4), Tor (RFC
 * 7686 §2).
 */
const NEVER_PUBLIC = ['home.arpa', 'onion'];

/** Reserved for testing (RFC 6761 §6.2): these names are not private. */
const TESTING = 'test';

/**
 * Whether reference resolvers may be queried for a target. The query sends the name out of the
 * cluster. A name without a public suffix is private, or unqualified such as `redis.other`, and is
 * queried only if a zone of the user's configuration covers it.
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
