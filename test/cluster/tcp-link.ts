import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort, loopback, splitAddress } from './ports.ts';

/**
 * A TCP path to `target` that can be broken, for one client of the API server while the others go on.
 * TLS passes through it untouched.
 */
export class TcpLink {
  /** What the client connects to, as `host:port`; the same over all breaks. */
  readonly address: string;
  readonly #target: string;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #flows = true;

  private constructor(address: string, target: string) {
    this.address = address;
    this.#target = target;
  }

  /** Opens a path to `target` (`host:port`). */
  static async open(target: string): Promise<TcpLink> {
    const link = new TcpLink(`${loopback}:${await freePort()}`, target);
    await link.restore();
    return link;
  }

  /**
   * Half-open: connections stay, new ones are accepted, and nothing comes through in either direction,
   * as when a firewall drops packets. What was sent meanwhile arrives after {@link restore}.
   */
  cutOff(): void {
    this.#flows = false;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Ends all connections, and refuses new ones. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    this.reset();
    await closed;
  }

  /** Ends all connections; new ones are accepted. */
  reset(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Ends whatever was broken. */
  async restore(): Promise<void> {
    this.#flows = true;
    for (const socket of this.#sockets) socket.resume();
    if (this.#server !== undefined) return;
    const { host, port } = splitAddress(this.address);
    this.#server = createServer((client) => this.#join(client));
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
  }

  #join(client: Socket): void {
    const upstream = connect(splitAddress(this.#target));
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('data', (chunk) => {
        if (peer.write(chunk)) return;
        socket.pause();
        peer.once('drain', () => this.#flows && socket.resume());
      });
      socket.on('end', () => peer.end());
      socket.on('error', () => peer.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        peer.destroy();
      });
      if (!this.#flows) socket.pause();
    }
  }
}
