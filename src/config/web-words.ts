/** The words of Go's crypto/tls in a web configuration, and OpenSSL's words for the same. */
import type { TlsVersion } from '../model/web.ts';

/** TLS10 and TLS11 are missing: Node's OpenSSL no longer supports them (RFC 8996). */
export const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

export const CURVES: Readonly<Record<string, string>> = {
  CurveP256: 'P-256',
  CurveP384: 'P-384',
  CurveP521: 'P-521',
  X25519: 'X25519',
};

/** Suites of TLS 1.3, which have the same names in Go and OpenSSL. */
const SUITES_13 = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
] as const;

/** The list of Go's tls.CipherSuites(). */
export const SUITES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SUITES_13.map((name) => [name, name])),
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};

/**
 * OpenSSL's list of these suites. If it names no TLS 1.3 suite, all of them are added: the list
 * applies to earlier versions, and Node would turn TLS 1.3 off.
 */
export function ciphersOf(suites: readonly string[]): string {
  const has13 = suites.some((suite) => suite.startsWith('TLS_'));
  return [...suites, ...(has13 ? [] : SUITES_13)].join(':');
}

/** Headers that the exporters allow, with their allowed values if those are few. */
export const HEADERS: Readonly<Record<string, readonly string[] | undefined>> = {
  'Strict-Transport-Security': undefined,
  'X-Content-Type-Options': ['nosniff'],
  'X-Frame-Options': ['deny', 'sameorigin'],
  'X-XSS-Protection': undefined,
  'Content-Security-Policy': undefined,
};
