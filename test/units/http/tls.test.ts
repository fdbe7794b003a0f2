import { X509Certificate } from 'node:crypto';
import { Agent, get } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { isNamed } from '../../../src/http/tls.ts';
import { WebSecurity } from '../../../src/http/web-security.ts';
import { OPEN_WEB, type WebTls } from '../../../src/model/web.ts';
import { serverOf } from '../../fixtures/http-server.ts';
import { until } from '../../lab/cluster/until.ts';
import { CLIENT, listening, SERVER, STRANGER, statusOf, tlsOf, toldBy } from './_https.ts';
import { ODD_CERTIFICATE } from './_odd.ts';

let server: FastifyInstance;
let security: WebSecurity;

async function start(tls: WebTls): Promise<number> {
  security = new WebSecurity({ ...OPEN_WEB, tls });
  server = serverOf({ security });
  return listening(server);
}

afterEach(() => server?.close());

describe('TLS', () => {
  it('serves HTTPS to who trusts its certificate', async () => {
    const port = await start(tlsOf());
    expect(await statusOf(port)).toBe(200);
    expect(await statusOf(port, { ca: STRANGER.cert })).not.toBe(200);
  });

  it('speaks the versions and suites that it is told to', async () => {
    const port = await start(
      tlsOf({}, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' }),
    );
    expect(await statusOf(port)).toBe(200);
    expect(await statusOf(port, { minVersion: 'TLSv1.3' })).toBe('EPROTO');
    expect(await statusOf(port, { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).toBe('EPROTO');
  });

  it('serves no HTTP, and has nothing left of connections that are gone, whatever became of them', async () => {
    const port = await start(tlsOf({ clientAuth: 'RequireAnyClientCert' }));
    const [plain] = await Promise.all([
      toldBy(port, (socket) => socket.write('GET /metrics HTTP/1.1\r\n\r\n')),
      statusOf(port, CLIENT),
      statusOf(port),
      statusOf(port, { ca: STRANGER.cert }),
      toldBy(port, (socket) => socket.write('no TLS at all\r\n\r\n')),
    ]);
    expect(plain).not.toMatch(/HTTP/);
    await until('no connection', () => connections().then((count) => count === 0));
  });

  it('shows a new certificate to the next connection, and ends those that idle', async () => {
    const port = await start(tlsOf());
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const seen: string[] = [];
    const ask = (ca: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        get({ port, path: '/livez', agent, ca }, (reply) => {
          const socket = reply.socket as TLSSocket;
          seen.push(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
          reply.on('end', resolve).resume();
        }).on('error', reject);
      });
    await ask(SERVER.cert);
    await ask(SERVER.cert);
    security.use({ ...OPEN_WEB, tls: tlsOf({}, STRANGER) });
    await until('the connection ended', () => Object.keys(agent.freeSockets).length === 0);
    await ask(STRANGER.cert);
    agent.destroy();
    const before = new X509Certificate(SERVER.cert).fingerprint256;
    expect(seen).toEqual([before, before, new X509Certificate(STRANGER.cert).fingerprint256]);
  });

  it('can be turned on and off while it listens', async () => {
    const port = await start(tlsOf());
    security.use(OPEN_WEB);
    expect(await statusOf(port)).not.toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
    security.use({ ...OPEN_WEB, tls: tlsOf() });
    expect(await statusOf(port)).toBe(200);
  });
});

describe('client certificates', () => {
  const ca = { ca: CLIENT.cert };
  it.each([
    // With none, with one that the authority has signed, with another.
    ['NoClientCert', {}, true, true, true],
    ['RequestClientCert', {}, true, true, true],
    ['RequireAnyClientCert', {}, false, true, true],
    ['VerifyClientCertIfGiven', ca, true, true, false],
    ['RequireAndVerifyClientCert', ca, false, true, false],
  ] as const)('%s', async (clientAuth, secure, none, signed, other) => {
    const port = await start(tlsOf({ clientAuth }, secure));
    const may = async (certificate: object): Promise<boolean> =>
      (await statusOf(port, certificate)) === 200;
    expect([await may({}), await may(CLIENT), await may(STRANGER)]).toEqual([none, signed, other]);
  });

  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['0:0:0:0:0:0:0:1', true],
    ['*', false],
    ['ocalhost', false],
    ['127.0.0.2', false],
  ])('must have a name that is allowed, such as %s: %s', async (name, expected) => {
    const port = await start(
      tlsOf(
        { clientAuth: 'RequireAndVerifyClientCert', clientAllowedSans: ['x.example', name] },
        ca,
      ),
    );
    expect((await statusOf(port, CLIENT)) === 200).toBe(expected);
  });

  it.each([
    ['scraper.example.com', true],
    ['spiffe://cluster/ns/monitoring/sa/prometheus', true],
    ['oncall@example.com', true],
    ['192.0.2.7', true],
    ['2001:db8::7', true],
    ['https://example.com/a, DNS:admin.example.com', true],
    ['admin.example.com', false],
    ['odd', false],
    ['', false],
  ])('have the name %j: %s', (name, expected) => {
    expect(isNamed(new X509Certificate(ODD_CERTIFICATE), [name])).toBe(expected);
  });
});

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    server.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
