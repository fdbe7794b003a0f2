/**
 * The reference of the truth row: a process that only queries the holding server, one query at a
 * time from one socket. Its error is the error of the machine and the server, not of the monitor.
 */
import { createSocket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { encode } from 'dns-packet';
import { sleep } from '../parts/children.ts';
import { goFirst } from '../parts/proc.ts';
import { answerCalls } from '../parts/rpc.ts';
import { serviceOf } from '../services.ts';

let stopped = false;
let measuring: Promise<number[]> | undefined;
const ops = {
  /** Sends queries until stopped. */
  start(server: string): void {
    measuring = measure(Number(server.split(':')[1]));
  },
  /** Reported minus true time of each query, in ms. */
  async finish(): Promise<number[]> {
    stopped = true;
    return (await measuring) ?? [];
  },
};
export type BareClientOps = typeof ops;

goFirst();
answerCalls(ops);

async function measure(port: number): Promise<number[]> {
  const socket = createSocket({
    type: 'udp4',
    lookup: (address, _options, done) => done(null, address, 4),
  });
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
  const errors: number[] = [];
  while (!stopped) {
    const name = serviceOf(errors.length).target;
    const query = encode({ type: 'query', id: 1, questions: [{ type: 'A', name }] });
    const sentAt = performance.now();
    const reply = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    socket.send(query);
    const message = await reply;
    const reportedMs = performance.now() - sentAt;
    // The reply ends with its only record: TTL, length, address.
    errors.push(reportedMs - message.readUInt32BE(message.length - 10) / 1_000);
    await sleep(5);
  }
  socket.close();
  return errors;
}
