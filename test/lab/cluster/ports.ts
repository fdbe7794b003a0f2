import { openTcp, openUdp } from './sockets.ts';

/** Every listener of the harness is here, but for those in namespaces of its own: no load leaves the machine. */
export const loopback = '127.0.0.1';

const FIRST = 12_000;
const PORTS = 20_000;
/** Far from those of the test processes beside this one, whose ids are near: each counts on from here. */
let next = process.pid * 211;

/**
 * A port of `host` that is free for UDP and TCP alike.
 *
 * Never the same twice in this process: a part that was given one may not listen there yet. Below the range that the kernel
 * gives to outgoing sockets, so that a part that was stopped finds its port free when it is started again.
 *
 * @throws when none was free after many tries.
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

/** `host:port` taken apart. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
