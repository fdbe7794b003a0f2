import { getDomain } from 'tldts';
import { memoized } from './memo.ts';

/** `a.b.example.co.uk` belongs to `example.co.uk`; names under private suffixes, those of customers, stand for themselves. */
export const customerDomain = memoized(
  (name) => getDomain(name, { allowPrivateDomains: true, detectIp: false }) ?? name,
);

/**
 * The domain of the organization whose name servers answer for a name: `a.b.example.co.uk` belongs to `example.co.uk`. Customers of
 * one provider share its name servers, so private suffixes of the Public Suffix List do not count (`x.azurewebsites.net` belongs
 * to `azurewebsites.net`). A name without such a domain stands for itself.
 */
export const providerDomain = memoized(
  (name) => getDomain(name, { allowPrivateDomains: false, detectIp: false }) ?? name,
);
