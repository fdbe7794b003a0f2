/** A server in a thread of its own, which answers while the main thread is busy. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { holdMs } = workerData as { holdMs: number };

function answerTo(query: Buffer): Buffer {
  const answer = Buffer.from(query);
  answer.writeUInt16BE(0x8580, 2);
  return answer;
}

const udp = createSocket('udp4');
udp.on('message', (query, { port, address }) => {
  setTimeout(() => udp.send(answerTo(query), port, address), holdMs);
});
udp.bind(0, '127.0.0.1');
await once(udp, 'listening');

const tcp = createServer((stream) => {
  stream.on('error', () => {});
  stream.on('data', (chunk: Buffer) => {
    const answer = Buffer.concat([chunk.subarray(0, 2), answerTo(chunk.subarray(2))]);
    setTimeout(() => stream.write(answer), holdMs);
  });
});
tcp.listen(0, '127.0.0.1');
await once(tcp, 'listening');

const address = tcp.address();
parentPort?.postMessage({
  udp: udp.address().port,
  tcp: typeof address === 'object' ? address?.port : 0,
});
