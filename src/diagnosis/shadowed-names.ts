/** Names that a Service shadows through the search domains of pods. */
import type { Finding } from '../model/finding.ts';
import type { ServiceSpec } from '../model/service.ts';
import { finding } from './finding.ts';
import { isLoopbackName, isRegistrable } from './target-form.ts';

/**
 * Top-level domains from before 2012. Later ones are common namespace names: shop, dev, app, media.
 * Source: ICANN, "About gTLDs". Older ones that are also common words are left out (jobs, name,
 * post, pro, tel, travel).
 */
const OLD_DOMAINS: ReadonlySet<string> = new Set([
  'aero',
  'arpa',
  'asia',
  'biz',
  'cat',
  'com',
  'coop',
  'edu',
  'gov',
  'info',
  'int',
  'mil',
  'mobi',
  'museum',
  'net',
  'org',
  'xxx',
]);
/** Country codes (two letters) that are also common abbreviations in namespace names. */
const ABBREVIATIONS: ReadonlySet<string> = new Set([
  'cd',
  'ci',
  'hr',
  'id',
  'it',
  'ml',
  'pr',
  'qa',
]);

/**
 * Programs look these names up on their own in each search domain: proxy settings (WPAD), tunnels
 * (RFC 5214 §8.3).
 */
const LOOKED_FOR: ReadonlySet<string> = new Set(['wpad', 'isatap']);

type NamedSpec = Pick<ServiceSpec, 'namespace' | 'name'>;

/**
 * Pods resolve `a.b` as `a.b.svc.<domain>` first if it has fewer dots than `ndots`, which is 5 in
 * pods.
 */
export function* shadowFindings(spec: NamedSpec, clusterDomain: string): Generator<Finding> {
  const { name, namespace } = spec;
  const short = `${name}.${namespace}`;
  if (isPublicDomain(namespace) && isRegistrable(short)) {
    yield finding('shadows_public_name', `pods that ask for ${short} get it`);
  }
  const zone = shadowedInZone(spec, clusterDomain);
  if (zone) yield zone;
}

function isPublicDomain(label: string): boolean {
  if (/^[a-z]{2}$/.test(label)) return !ABBREVIATIONS.has(label);
  return OLD_DOMAINS.has(label) || label.startsWith('xn--');
}

function shadowedInZone(
  { name, namespace }: NamedSpec,
  clusterDomain: string,
): Finding | undefined {
  const rule = 'shadows_cluster_zone';
  if (LOOKED_FOR.has(name) || isLoopbackName(name)) {
    return finding(rule, `pods in the namespace ${namespace} that look for ${name} get it`);
  }
  const short = `${name}.${namespace}`;
  // Some DNS servers also answer with this Service for the names below it, and so for all Services
  // of the namespace with the same name.
  if (namespace === 'svc') {
    return finding(rule, `pods that ask for ${short} or, with some DNS servers, x.${short} get it`);
  }
  const labels = clusterDomain.split('.');
  const at = labels.lastIndexOf(namespace);
  if (at < 0) return undefined;
  const isEnd = at === labels.length - 1 || name === (labels[at - 1] ?? 'svc');
  return finding(rule, `pods that ask for ${short} get it`, isEnd ? 'critical' : 'info');
}
