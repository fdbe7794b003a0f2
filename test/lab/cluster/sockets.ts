import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * A UDP socket of this process on `host`; port 0 takes any that is free.
 *
 * @throws when the port is taken, or the address is not here.
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

/** As {@link openUdp}: a TCP listener, without anyone yet who takes its connections. */
export async function openTcp(host: string, port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}
