import { parse } from 'tldts';
import { isInZone } from '../model/service.ts';

/**
 * Top-level domains under which nothing is for sale: of infrastructure (RFC 3172), of Tor (RFC 7686), and of registries
 * that serve only governments, treaty organizations, the US military and US universities.
 */
const CLOSED = new Set(['arpa', 'edu', 'gov', 'int', 'mil', 'onion']);

/**
 * The registrable domain of a name that does not exist, where `zone`, the owner of the SOA that says so, lies above it: the
 * domain then has no delegation. Suffixes of providers (the private part of the Public Suffix List) do not count: their
 * zones say only that one name is free. A SOA of the root is no such proof: then there is no such top-level domain.
 */
export function unregisteredDomain(name: string, zone: string): string | undefined {
  const { domain, isIcann } = parse(name, { detectIp: false });
  if (!domain || !isIcann || CLOSED.has(domain.slice(domain.lastIndexOf('.') + 1))) {
    return undefined;
  }
  return zone !== domain && isInZone(domain, zone) ? domain : undefined;
}
