import { getDomain } from 'tldts';

/**
 * `a.b.example.co.uk` belongs to `example.co.uk`. Private suffixes count: each customer's name
 * under one is its own domain.
 */
export function customerDomain(name: string): string {
  return getDomain(name, { allowPrivateDomains: true, detectIp: false }) ?? name;
}

/**
 * The domain of the organization that runs the name servers of a name: `a.b.example.co.uk` belongs
 * to `example.co.uk`. Customers of one provider share its name servers, so private suffixes of the
 * Public Suffix List do not count (`x.azurewebsites.net` belongs to `azurewebsites.net`). A name
 * without such a domain is returned as it is.
 */
export function providerDomain(name: string): string {
  return getDomain(name, { allowPrivateDomains: false, detectIp: false }) ?? name;
}
