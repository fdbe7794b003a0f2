import { constants, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { WebTls } from '../model/web.ts';

const HANDSHAKE_MS = 5_000;

/**
 * A TLS server that does not listen. It receives connections by its event `connection`, and passes
 * on those with an accepted client. A new certificate or any other change means a new server.
 */
export function tlsServer(tls: WebTls, onSecure: (socket: TLSSocket) => void): Server {
  const asks = tls.clientAuth !== 'NoClientCert';
  const server = createServer({
    ...tls.secure,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_MS,
    requestCert: asks,
    rejectUnauthorized: tls.clientAuth === 'RequireAndVerifyClientCert',
    // A resumed session need not present its certificate again, and then there would be none to
    // check.
    ...(asks ? { secureOptions: constants.SSL_OP_NO_TICKET } : {}),
  });
  server.on('secureConnection', (socket) => {
    if (mayComeIn(tls, socket)) onSecure(socket);
    else socket.destroy();
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

function mayComeIn({ clientAuth, clientAllowedSans }: WebTls, socket: TLSSocket): boolean {
  const certificate = socket.getPeerX509Certificate();
  const isTrusted = {
    NoClientCert: true,
    RequestClientCert: true,
    RequireAnyClientCert: certificate !== undefined,
    VerifyClientCertIfGiven: certificate === undefined || socket.authorized,
    RequireAndVerifyClientCert: certificate !== undefined && socket.authorized,
  }[clientAuth];
  if (!isTrusted || !clientAllowedSans) return isTrusted;
  return certificate !== undefined && isNamed(certificate, clientAllowedSans);
}

/** Whether a Subject Alternative Name (DNS, address, mail or URI) is exactly one of these. */
export function isNamed(certificate: X509Certificate, allowed: readonly string[]): boolean {
  const names = new Set(alternativeNames(certificate.subjectAltName ?? ''));
  return allowed.some((name) =>
    isIP(name) ? certificate.checkIP(name) !== undefined : names.has(name),
  );
}

/**
 * Parses `DNS:a.example, URI:spiffe://x`, up to the first invalid part. A value with a comma is
 * JSON text.
 */
function alternativeNames(text: string): string[] {
  const entries = text.matchAll(/([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy);
  return [...entries]
    .filter(([, kind = '']) => ['DNS', 'email', 'URI'].includes(kind))
    .map(([, , name = '']) => (name.startsWith('"') ? JSON.parse(name) : name));
}
