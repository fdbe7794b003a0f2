import { openTcp, openUdp } from './sockets.ts';

/** Every listener of the harness is here, but for those in namespaces of its own: no load leaves the machine. */
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
      (await openUdp(host, port)).close();
      (await openTcp(host, port)).close();
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
