import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * A UDP socket of this process on `host`; port 0 takes any free port.
 *
 * @throws Error if the port is taken, or the address is not on this machine
 */
export async function openUdp(host: string, port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The same as {@link openUdp} for a TCP listener, without a connection handler yet. */
export async function openTcp(host: string, port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}
