import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../../src/http/listen.ts';

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
