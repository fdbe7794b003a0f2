import { parse } from 'tldts';
import { isInZone } from '../model/service.ts';

/**
 * Top-level domains without public registration: infrastructure (RFC 3172), Tor (RFC 7686), and
 * registries that serve only governments, treaty organizations, the US military and US
 * universities.
 */
const CLOSED = new Set(['arpa', 'edu', 'gov', 'int', 'mil', 'onion']);

/**
 * The registrable domain of a name that does not exist, if `zone`, the owner of the SOA in the
 * negative answer, lies above that domain: the domain then has no delegation. Suffixes of providers
 * (the private part of the Public Suffix List) do not count: their zones prove only that one name
 * is free. A SOA of the root proves only that the top-level domain does not exist.
 */
export function unregisteredDomain(name: string, zone: string): string | undefined {
  const { domain, isIcann } = parse(name, { detectIp: false });
  if (!domain || !isIcann || CLOSED.has(domain.slice(domain.lastIndexOf('.') + 1))) {
    return undefined;
  }
  return zone !== domain && isInZone(domain, zone) ? domain : undefined;
}
