/**
 * UDP and TCP of the embedded DNS server: one port for both, framing, and sending of deliveries.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type Delivery, framed } from './tamper.ts';

/** An idle TCP connection is closed after this. */
const idleTcpMs = 10_000;

/**
 * Binds both sockets; with port 0, to a port that is free for both.
 *
 * @throws Error if a given port is taken
 */
export async function listen(host: string, port: number): Promise<{ udp: UdpSocket; tcp: Server }> {
  // The kernel's free UDP port may be taken for TCP; then another one is tried.
  for (let attempt = 1; ; attempt++) {
    const udp = await bindUdp(host, port);
    try {
      return { udp, tcp: await listenTcp(host, udp.address().port) };
    } catch (error) {
      udp.close();
      if (port !== 0 || attempt === 10) throw error;
    }
  }
}

/** Calls back with each complete message of a TCP connection. */
export function readFramed(socket: Socket, onMessage: (bytes: Buffer) => void): void {
  // A reset by the peer is not an error of this server.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(idleTcpMs, () => socket.destroy());
  let received = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      onMessage(received.subarray(2, end));
      received = received.subarray(end);
    }
  });
}

export function sendUdp(socket: UdpSocket, to: RemoteInfo, { messages }: Delivery): void {
  for (const message of messages) socket.send(message, to.port, to.address);
}

export function sendFromOtherPort(host: string, to: RemoteInfo, delivery: Delivery): void {
  const socket = createSocket(to.family === 'IPv6' ? 'udp6' : 'udp4');
  socket.bind(0, host, () => {
    sendUdp(socket, to, delivery);
    // One tick later, when the datagrams have been sent.
    setImmediate(() => socket.close());
  });
}

export function sendTcp(socket: Socket, { messages, raw, end }: Delivery): void {
  if (socket.destroyed) return;
  for (const message of messages) socket.write(framed(message));
  if (raw !== undefined) socket.write(raw);
  if (end === 'close') socket.end();
  if (end === 'reset') socket.resetAndDestroy();
}

async function bindUdp(host: string, port: number): Promise<UdpSocket> {
  const socket = createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    recvBufferSize: 1 << 22,
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  // Later errors come from single sends to clients that have gone.
  socket.on('error', () => {});
  return socket;
}

async function listenTcp(host: string, port: number): Promise<Server> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}
