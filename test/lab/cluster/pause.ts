/**
 * Holds a network namespace, like a pod's pause container: it runs in the namespace, opens sockets
 * on request, and passes them to the test. Only `NetNamespace` starts it. It exits when its channel
 * closes, so it ends with its parent, however that ended.
 */
import { openTcp, openUdp } from './sockets.ts';

/** A socket to open, and the id of the reply. */
export interface Order {
  readonly id: number;
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/**
 * Messages of the holder: it is in its namespace; a socket (sent along); only the receiver has it
 * now.
 */
export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly id: number }
  | { readonly kind: 'yours'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string };

async function open({ id, transport, host, port }: Order): Promise<void> {
  try {
    const socket = transport === 'udp' ? await openUdp(host, port) : await openTcp(host, port);
    const sent = () => {
      // Two processes with one socket would share its messages.
      socket.close(() => tell({ kind: 'yours', id }));
    };
    process.send?.({ kind: 'opened', id } satisfies Told, socket, {}, sent);
  } catch (error) {
    tell({ kind: 'failed', id, error: String(error) });
  }
}

function tell(what: Told): void {
  process.send?.(what);
}

process.on('message', (order: Order) => void open(order));
tell({ kind: 'ready' });
