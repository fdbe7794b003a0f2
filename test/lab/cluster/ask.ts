import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Answer, type DecodedPacket, encode, type Packet, type RecordType } from 'dns-packet';
import type { Transport } from './fault.ts';
import { parse, type Rcode, rcodes } from './message.ts';
import { splitAddress } from './ports.ts';
import { frame, framed } from './upstream-path.ts';

export interface AskOptions {
  /** UDP by default, without a fallback to TCP. */
  readonly transport?: Transport;
  /** Sends EDNS with a payload size of 1232. */
  readonly edns?: boolean;
  /** 5 s by default. */
  readonly timeoutMs?: number;
  /** The source address; the kernel's choice by default. */
  readonly from?: string;
}

/** A parsed reply. */
export interface Reply {
  readonly rcode: Rcode | number;
  /**
   * The answer section, as `owner TYPE data`: `db.default.svc.cluster.local CNAME db.example.test`.
   */
  readonly answers: string[];
  /** The types of the authority section: a negative answer that can be cached has a `SOA`. */
  readonly authorities: string[];
  readonly message: DecodedPacket;
}

/**
 * Sends one query for an absolute name to a server (`host:port`), once, and returns the reply.
 *
 * @throws Error if no reply arrives in time, or the server refuses the packet or the connection
 */
export async function ask(
  server: string,
  name: string,
  type: RecordType = 'A',
  options: AskOptions = {},
): Promise<Reply> {
  const { transport = 'udp', edns = false, timeoutMs = 5_000, from } = options;
  const exchange = transport === 'udp' ? exchangeUdp : exchangeTcp;
  const signal = AbortSignal.timeout(timeoutMs);
  let raw: Buffer;
  try {
    raw = await exchange(server, encode(query(name, type, edns)), signal, from);
  } catch (cause) {
    const reason = signal.aborted ? `no reply within ${timeoutMs} ms` : String(cause);
    throw new Error(`Cannot ask ${server} for ${type} ${name}: ${reason}`, { cause });
  }
  const message = parse(raw);
  if (message === undefined) {
    throw new Error(`Cannot read the reply of ${server}: malformed, got ${raw.toString('hex')}`);
  }
  return {
    rcode: rcodeOf(message),
    answers: (message.answers ?? []).map(show),
    authorities: (message.authorities ?? []).map((record) => record.type),
    message,
  };
}

function query(name: string, type: RecordType, edns: boolean): Packet {
  const opt: Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 1232,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  return {
    type: 'query',
    id: Math.floor(Math.random() * 65_536),
    flags: 0x0100,
    questions: [{ name, type }],
    additionals: edns ? [opt] : [],
  };
}

async function exchangeUdp(
  server: string,
  query: Buffer,
  signal: AbortSignal,
  from?: string,
): Promise<Buffer> {
  const { host, port } = splitAddress(server);
  const socket = createSocket('udp4');
  try {
    if (from !== undefined) {
      socket.bind(0, from);
      await once(socket, 'listening', { signal });
    }
    socket.connect(port, host);
    await once(socket, 'connect', { signal });
    const reply = once(socket, 'message', { signal });
    socket.send(query);
    const [message] = await reply;
    return message;
  } finally {
    socket.close();
  }
}

async function exchangeTcp(
  server: string,
  query: Buffer,
  signal: AbortSignal,
  from?: string,
): Promise<Buffer> {
  const socket = connect({ ...splitAddress(server), ...(from && { localAddress: from }) });
  try {
    socket.write(frame(query));
    return await new Promise((resolve, reject) => {
      socket.on('data', framed(resolve));
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server ended the connection')));
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  } finally {
    socket.destroy();
  }
}

function rcodeOf(message: DecodedPacket): Rcode | number {
  const number = (message.flags ?? 0) & 0x0f;
  const known = Object.entries(rcodes).find(([, value]) => value === number);
  return known === undefined ? number : (known[0] as Rcode);
}

function show(record: Answer): string {
  const data = 'data' in record && typeof record.data === 'string' ? record.data : '';
  return `${record.name} ${record.type} ${data}`;
}
