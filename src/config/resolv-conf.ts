import { isIP } from 'node:net';
import type { StubOptions } from '../model/messages.ts';
import { domainIn } from './values.ts';

/** The configuration of a pod's resolver (resolv.conf(5)). */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  /**
   * Derived from the search line that the kubelet writes:
   * `<namespace>.svc.<domain> svc.<domain> <domain>`.
   */
  readonly clusterDomain?: string;
  /** All valid domains of the search line, in order. */
  readonly search: readonly string[];
  readonly timeoutMs: number;
  readonly attempts: number;
  /** The options that are set; absent: none. */
  readonly stub?: StubOptions;
}

/** glibc's limits: it reads three nameservers, waits 30 s and tries 5 times at most (resolv.h). */
const MAX_NAMESERVERS = 3;
const MAX_TIMEOUT = 30;
const MAX_ATTEMPTS = 5;

/** The options without a value that affect queries (resolv.conf(5)). */
const STUB_OPTIONS = new Map<string, keyof StubOptions>([
  ['use-vc', 'useVc'],
  ['edns0', 'edns0'],
  ['rotate', 'rotate'],
  ['single-request', 'singleRequest'],
  ['single-request-reopen', 'singleRequestReopen'],
  ['no-aaaa', 'noAaaa'],
  ['trust-ad', 'trustAd'],
]);

/**
 * Parses by glibc's rules: the last search line counts, unknown lines are ignored. Never throws.
 */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let search: readonly string[] = [];
  let timeout = 5;
  let attempts = 2;
  const stub = new Set<keyof StubOptions>();
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    const [first] = words;
    // A link-local address may have a zone: fe80::1%eth0.
    if (keyword === 'nameserver' && first && isIP(first.split('%')[0] ?? ''))
      nameservers.push(first);
    if (keyword === 'search' || keyword === 'domain') search = words;
    if (keyword !== 'options') continue;
    for (const word of words) {
      const option = STUB_OPTIONS.get(word.replace(/^-/, ''));
      // Since glibc 2.41 a dash turns an option off.
      if (option && word.startsWith('-')) stub.delete(option);
      else if (option) stub.add(option);
      const [, name, value] = /^(timeout|attempts):(\d+)$/.exec(word) ?? [];
      if (name === 'timeout') timeout = Math.min(Math.max(Number(value), 1), MAX_TIMEOUT);
      if (name === 'attempts') attempts = Math.min(Math.max(Number(value), 1), MAX_ATTEMPTS);
    }
  }
  const ofServices = search.find((word) => word.startsWith('svc.'));
  const clusterDomain = ofServices && domainIn(ofServices.slice('svc.'.length));
  return {
    nameservers: nameservers.slice(0, MAX_NAMESERVERS),
    ...(clusterDomain ? { clusterDomain } : {}),
    search: [...new Set(search.flatMap((word) => domainIn(word) ?? []))],
    timeoutMs: timeout * 1000,
    attempts,
    ...(stub.size > 0 ? { stub: Object.fromEntries([...stub].map((name) => [name, true])) } : {}),
  };
}
