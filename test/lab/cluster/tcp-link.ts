import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { machine, type Place } from './place.ts';
import { freePort, splitAddress } from './ports.ts';

/**
 * A TCP path to `target` that can be broken for one client of the API server while the others
 * continue. TLS passes through it unchanged.
 */
export class TcpLink {
  /** The address for the client, as `host:port`; it stays the same over all faults. */
  readonly address: string;
  readonly #target: string;
  readonly #place: Place;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #flows = true;

  private constructor(address: string, target: string, place: Place) {
    this.address = address;
    this.#target = target;
    this.#place = place;
  }

  /** Opens a path to `target` (`host:port`) for clients in `place`. */
  static async open(target: string, place = machine): Promise<TcpLink> {
    const link = new TcpLink(`${place.host}:${await freePort()}`, target, place);
    await link.restore();
    return link;
  }

  /**
   * Half-open: connections stay, new ones are accepted, and no data passes in either direction,
   * like behind a firewall that drops packets. Data sent during that time arrives after
   * {@link restore}.
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

  /** Ends any fault. */
  async restore(): Promise<void> {
    this.#flows = true;
    for (const socket of this.#sockets) socket.resume();
    if (this.#server !== undefined) return;
    this.#server = await this.#place.tcp(splitAddress(this.address).port);
    this.#server.on('connection', (client) => this.#join(client));
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
