import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Every listener of the harness is here: no load leaves the machine. */
export const loopback = '127.0.0.1';

/**
 * A port of `host` that is free for UDP and TCP alike.
 *
 * Below the range that the kernel gives to outgoing sockets, so that a part that was stopped finds its
 * port free when it is started again.
 *
 * @throws when none was free after many tries.
 */
export async function freePort(host: string = loopback): Promise<number> {
  let cause: unknown;
  for (let tries = 0; tries < 50; tries++) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    try {
      await bindUdp(host, port);
      await bindTcp(host, port);
      return port;
    } catch (error) {
      cause = error;
    }
  }
  throw new Error(`Cannot find a free port on ${host}: 50 tries failed`, { cause });
}

/** `host:port` taken apart. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

async function bindUdp(host: string, port: number): Promise<void> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
  } finally {
    socket.close();
  }
}

async function bindTcp(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } finally {
    server.close();
  }
}
