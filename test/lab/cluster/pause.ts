/**
 * Holds a network namespace, as a pod's pause container does: it runs there, opens sockets there when it
 * is told to, and hands them over. Started by `NetNamespace` only, and kept by nothing but the channel to it:
 * it ends with those that started it, however they ended.
 */
import { openTcp, openUdp } from './sockets.ts';

/** A socket to be opened, and how the reply will be known. */
export interface Order {
  readonly id: number;
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** What the holder tells: it is in its namespace; a socket (sent along); only the receiver has it now. */
export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly id: number }
  | { readonly kind: 'yours'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string };

async function open({ id, transport, host, port }: Order): Promise<void> {
  try {
    const socket = transport === 'udp' ? await openUdp(host, port) : await openTcp(host, port);
    const sent = () => {
      // Two holders of one socket would share what arrives.
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
