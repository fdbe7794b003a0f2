import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen, listenErrorText } from '../../../src/http/listen.ts';

let server: FastifyInstance;

beforeEach(() => {
  server = fastify();
});
afterEach(() => server.close());

/** As the kernel refuses a socket of a family that it was started without. */
function refuseIPv6(): void {
  const ask = server.server.listen.bind(server.server);
  server.server.listen = ((options: { host: string }) => {
    if (!options.host.includes(':')) return ask(options);
    const error = Object.assign(new Error('listen EAFNOSUPPORT'), { code: 'EAFNOSUPPORT' });
    process.nextTick(() => server.server.emit('error', error));
    return server.server;
  }) as typeof server.server.listen;
}

const bound = (): string => (server.server.address() as AddressInfo).address;

describe('listen', () => {
  it('takes both families', async () => {
    await listen(server, { host: '::', port: 0 });
    expect(bound()).toBe('::');
    const { port } = server.server.address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
  });

  it('takes IPv4 where there is no IPv6', async () => {
    refuseIPv6();
    await listen(server, { host: '::', port: 0 });
    expect(bound()).toBe('0.0.0.0');
  });

  it('takes no other address than the one that was asked for', async () => {
    refuseIPv6();
    await expect(listen(server, { host: '::1', port: 0 })).rejects.toThrow('EAFNOSUPPORT');
  });

  it('fails where the port is taken', async () => {
    await listen(server, { host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const other = fastify();
    await expect(listen(other, { host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
    await other.close();
  });
});

describe('listenErrorText', () => {
  const HERE = { host: '127.0.0.1', port: 9953 };
  const textOf = (code: string, where = HERE, platform: NodeJS.Platform = 'linux') =>
    listenErrorText(Object.assign(new Error(`listen ${code}`), { code }), where, platform);

  it.each([
    [
      'EADDRINUSE',
      "the port is in use; set another one with --listen=<host:port>, or find the process with: ss -ltnp 'sport = :9953'",
    ],
    [
      'EACCES',
      'permission denied; set a port from 1024 with --listen=<host:port>, or grant the capability NET_BIND_SERVICE',
    ],
    [
      'EADDRNOTAVAIL',
      'this machine does not have that address; use --listen=:9953 for all addresses',
    ],
    [
      'ENOTFOUND',
      'the host name does not resolve; use an address, or --listen=:9953 for all addresses',
    ],
    ['EOTHER', 'listen EOTHER'],
  ])('says what to do after %s', (code, reason) => {
    expect(textOf(code)).toBe(`Cannot listen on 127.0.0.1:9953: ${reason}`);
  });

  it('names the address as --listen takes it, and a command of the platform', () => {
    expect(textOf('EOTHER', { host: '::', port: 80 })).toMatch(/^Cannot listen on :80: /);
    expect(textOf('EOTHER', { host: '::1', port: 80 })).toMatch(/^Cannot listen on \[::1\]:80: /);
    expect(textOf('EADDRINUSE', HERE, 'darwin')).toContain('lsof -nP -iTCP:9953 -sTCP:LISTEN');
  });
});
