import { X509Certificate } from 'node:crypto';

/**
 * Why a text does not contain CA certificates in PEM; undefined if it does. OpenSSL silently
 * accepts a text that is no certificate, and then trusts none.
 */
export function whyNoAuthorities(text: string): string | undefined {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return 'it contains no PEM certificate';
  try {
    for (const block of blocks) new X509Certificate(block);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
