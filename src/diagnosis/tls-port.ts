import type { ServicePort } from '../model/service.ts';

/**
 * Words in a port's name or `appProtocol` that mean TLS from the first byte: IANA's service names,
 * and `kubernetes.io/wss`.
 */
const TLS_WORDS: ReadonlySet<string> = new Set([
  'tls',
  'ssl',
  'https',
  'wss',
  'grpcs',
  'ldaps',
  'imaps',
  'pop3s',
  'smtps',
  'submissions',
  'ftps',
  'amqps',
  'mqtts',
  'sips',
  'rediss',
]);

/** Words that mean no TLS. */
const CLEAR_WORDS: ReadonlySet<string> = new Set(['http', 'h2c', 'ws']);

/** Ports registered with IANA for TLS, plus 6380, the common TLS port of Redis. */
const TLS_PORTS: ReadonlySet<number> = new Set([
  443, 465, 563, 636, 853, 989, 990, 992, 993, 995, 2484, 5061, 5671, 6380, 6443, 6514, 8443, 8883,
  9443,
]);

/**
 * Whether clients of a port use TLS from the first byte: decided by `appProtocol`, else by the name
 * (Istio's order), else by the number. TLS that starts later (STARTTLS, PostgreSQL, MySQL) is not
 * detected.
 */
export function isTlsPort({ port, name, appProtocol }: ServicePort): boolean {
  return saysTls(appProtocol) ?? saysTls(name) ?? TLS_PORTS.has(port);
}

/** Handles `https`, `redis-tls`, `kubernetes.io/wss`; undefined if the text gives no hint. */
function saysTls(text: string | undefined): boolean | undefined {
  const words = text?.toLowerCase().split(/[-./_]/) ?? [];
  if (words.some((word) => TLS_WORDS.has(word))) return true;
  return words.some((word) => CLEAR_WORDS.has(word)) ? false : undefined;
}
