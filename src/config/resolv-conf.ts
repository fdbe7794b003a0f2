import { isIP } from 'node:net';
import { parseDomain } from './values.ts';

/** What a pod's resolver is told (resolv.conf(5)). */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  /** Found from the search line that the kubelet writes: `<namespace>.svc.<domain> svc.<domain> <domain>`. */
  readonly clusterDomain?: string;
  readonly timeoutMs: number;
  readonly attempts: number;
}

/** glibc's limits: it reads three nameservers, waits 30 s and tries 5 times at most (resolv.h). */
const MAX_NAMESERVERS = 3;
const MAX_TIMEOUT = 30;
const MAX_ATTEMPTS = 5;

/** Reads as glibc does: the last search line counts, unknown lines do not; never throws. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let search: readonly string[] = [];
  let timeout = 5;
  let attempts = 2;
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    const [first] = words;
    // A link-local address may carry its zone: fe80::1%eth0.
    if (keyword === 'nameserver' && first && isIP(first.split('%')[0] ?? ''))
      nameservers.push(first);
    if (keyword === 'search' || keyword === 'domain') search = words;
    if (keyword !== 'options') continue;
    for (const word of words) {
      const [, name, value] = /^(timeout|attempts):(\d+)$/.exec(word) ?? [];
      if (name === 'timeout') timeout = Math.min(Math.max(Number(value), 1), MAX_TIMEOUT);
      if (name === 'attempts') attempts = Math.min(Math.max(Number(value), 1), MAX_ATTEMPTS);
    }
  }
  const domain = search.find((word) => word.startsWith('svc.'))?.slice('svc.'.length);
  return {
    nameservers: nameservers.slice(0, MAX_NAMESERVERS),
    ...(domain && isDomain(domain) ? { clusterDomain: parseDomain(domain) } : {}),
    timeoutMs: timeout * 1000,
    attempts,
  };
}

function isDomain(text: string): boolean {
  try {
    return parseDomain(text) !== '';
  } catch {
    return false;
  }
}
