import { constants, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { WebTls } from '../model/web.ts';

const HANDSHAKE_MS = 5_000;

/**
 * A TLS server that does not listen: it is handed connections by its event `connection`, and hands on those
 * whose client may come in. So a new certificate is a new one of these, whatever else has changed with it.
 */
export function tlsServer(tls: WebTls, onSecure: (socket: TLSSocket) => void): Server {
  const asks = tls.clientAuth !== 'NoClientCert';
  const server = createServer({
    ...tls.secure,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: HANDSHAKE_MS,
    requestCert: asks,
    rejectUnauthorized: tls.clientAuth === 'RequireAndVerifyClientCert',
    // A session that is resumed need not show its certificate again: then there would be none to judge.
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

/** Read from `DNS:a.example, URI:spiffe://x`, as far as it is understood; a value with a comma in it is a JSON text. */
function alternativeNames(text: string): string[] {
  const entries = text.matchAll(/([A-Za-z0-9 ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/gy);
  return [...entries]
    .filter(([, kind = '']) => ['DNS', 'email', 'URI'].includes(kind))
    .map(([, , name = '']) => (name.startsWith('"') ? JSON.parse(name) : name));
}
