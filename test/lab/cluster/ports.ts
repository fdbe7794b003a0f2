import { openTcp, openUdp } from './sockets.ts';

/**
 * Every listener of the harness is here, except those in separate namespaces: no traffic leaves the
 * machine.
 */
export const loopback = '127.0.0.1';

const FIRST = 12_000;
const PORTS = 20_000;
/**
 * Far from the ports of parallel test processes, which have similar ids: each process counts up
 * from here.
 */
let next = process.pid * 211;

/**
 * A port of `host` that is free for UDP and TCP.
 *
 * The same port is never returned twice in this process, because a part may not listen on its port
 * yet. It is below the kernel's range for outgoing sockets, so that a stopped part finds its port
 * free at the next start.
 *
 * @throws Error if none was free after many attempts
 */
export async function freePort(host: string = loopback): Promise<number> {
  let cause: unknown;
  for (let tries = 0; tries < 50; tries++) {
    const port = FIRST + (next++ % PORTS);
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

/** Splits `host:port`. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
