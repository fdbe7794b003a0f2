/**
 * The yardstick of the cpu row: a process that sends the monitor's queries at the monitor's pace, from a socket for each
 * round, reads the replies, and does nothing else. What it costs is what Node and the kernel cost.
 */
import { createSocket, type SocketOptions } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { encode, RECURSION_DESIRED } from 'dns-packet';
import { answerCalls } from '../parts/rpc.ts';
import { questionsOf, serviceOf } from '../services.ts';

const ID_RANGE = 0x10000;
const OPT = { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] };
const SOCKET: SocketOptions = {
  type: 'udp4',
  lookup: (address, _options, done) => done(null, address, 4),
};

let replies = 0;
const ops = {
  /** Asks without end. */
  start(server: string, services: number, intervalMs: number): void {
    const port = Number(server.split(':')[1]);
    const start = performance.now();
    for (let i = 0; i < services; i++) {
      const queries = queriesOf(i);
      const again = (slot: number): void => {
        const dueAt = start + (slot + i / services) * intervalMs;
        setTimeout(
          () => {
            round(port, queries);
            again(slot + 1);
          },
          Math.max(0, dueAt - performance.now()),
        );
      };
      again(0);
    }
  },
  /** How many replies there have been so far. */
  replies: () => replies,
};
export type BareRoundsOps = typeof ops;

answerCalls(ops);

/** The queries of a round, in the two steps in which the monitor sends them. */
type Queries = readonly [first: readonly Buffer[], second: readonly Buffer[]];

/** Encoded once. The target is asked with EDNS, as the monitor asks. */
function queriesOf(i: number): Queries {
  const service = serviceOf(i);
  const all = questionsOf(service).map(({ name, type }) => {
    const additionals = name === service.target ? [OPT] : [];
    return encode({
      type: 'query',
      flags: RECURSION_DESIRED,
      questions: [{ type, name }],
      additionals,
    } as never);
  });
  return [all.slice(0, 3), all.slice(3)];
}

function round(port: number, [first, second]: Queries): void {
  const socket = createSocket(SOCKET);
  let waiting = first.length + second.length;
  const send = (query: Buffer): void => {
    query.writeUInt16BE(Math.floor(Math.random() * ID_RANGE), 0);
    socket.send(query);
  };
  socket.on('error', () => {});
  socket.on('message', () => {
    replies++;
    waiting--;
    if (waiting === second.length) for (const query of second) send(query);
    if (waiting === 0) socket.close();
  });
  socket.connect(port, '127.0.0.1', () => {
    for (const query of first) send(query);
  });
}
