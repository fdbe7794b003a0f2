/** The parsed file of `--web.config.file`: certificates are texts, and no path is left. */
export interface WebConfig {
  /** Set: HTTPS; absent: HTTP. */
  readonly tls?: WebTls;
  /** Sent with every reply that does not set the header itself. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes by user; without any user there is no authentication. */
  readonly users: ReadonlyMap<string, string>;
}

export interface WebTls {
  readonly secure: SecureSettings;
  readonly clientAuth: ClientAuth;
  /** One of these must be a Subject Alternative Name of the client's certificate; absent: any. */
  readonly clientAllowedSans?: readonly string[];
}

/** Settings of `tls.createSecureContext`; an absent one is Node's default. */
export interface SecureSettings {
  /** PEM, with the chain after the server's own certificate. */
  readonly cert: string;
  readonly key: string;
  /** CA certificates for client certificates. */
  readonly ca?: string;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  readonly ciphers?: string;
  readonly honorCipherOrder: boolean;
  readonly ecdhCurve?: string;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Go's names, the same as in Prometheus exporters (crypto/tls, ClientAuthType). */
export const CLIENT_AUTHS = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;

export type ClientAuth = (typeof CLIENT_AUTHS)[number];

/** HTTP without authentication. */
export const OPEN_WEB: WebConfig = { headers: {}, users: new Map() };
