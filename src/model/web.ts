/** What the file of `--web.config.file` says, as it was read: certificates are texts, no path is left. */
export interface WebConfig {
  /** HTTPS where it is there, else HTTP. */
  readonly tls?: WebTls;
  /** Sent with every reply that has no such header of its own. */
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hashes by user; without any user there is no authentication. */
  readonly users: ReadonlyMap<string, string>;
}

export interface WebTls {
  readonly secure: SecureSettings;
  readonly clientAuth: ClientAuth;
  /** One of these must be a Subject Alternative Name of the client's certificate; absent for any. */
  readonly clientAllowedSans?: readonly string[];
}

/** As `tls.createSecureContext` takes them; what is absent is Node's own choice. */
export interface SecureSettings {
  /** PEM, the chain after the server's own. */
  readonly cert: string;
  readonly key: string;
  /** Authorities of client certificates. */
  readonly ca?: string;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  readonly ciphers?: string;
  readonly honorCipherOrder: boolean;
  readonly ecdhCurve?: string;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Go's names, as Prometheus exporters have them (crypto/tls, ClientAuthType). */
export const CLIENT_AUTHS = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;

export type ClientAuth = (typeof CLIENT_AUTHS)[number];

/** HTTP for everybody. */
export const OPEN_WEB: WebConfig = { headers: {}, users: new Map() };
