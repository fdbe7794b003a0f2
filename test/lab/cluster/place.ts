import type { Socket } from 'node:dgram';
import type { Server } from 'node:net';
import { loopback } from './ports.ts';
import { openTcp, openUdp } from './sockets.ts';

/** The place where a server listens: the machine's loopback, or a pod's network namespace. */
export interface Place {
  /** Its IPv4 address. */
  readonly host: string;
  /** A UDP socket on this port. */
  udp(port: number): Promise<Socket>;
  /** A TCP listener on this port, without a connection handler yet. */
  tcp(port: number): Promise<Server>;
  /** UDP sockets on another port of each address of this server: for forged replies. */
  strangers(): Promise<Socket[]>;
}

/** The machine's loopback. */
export const machine: Place = {
  host: loopback,
  udp: (port) => openUdp(loopback, port),
  tcp: (port) => openTcp(loopback, port),
  strangers: async () => [await openUdp(loopback, 0)],
};
