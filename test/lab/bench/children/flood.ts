/**
 * Two hundred concurrent clients, half of them from one address and half from another. Each sends
 * its next request immediately after a reply. Like the Prometheus of the truth row, this process
 * has the lowest priority on the machine.
 */
import { Agent, get } from 'node:http';
import { setPriority } from 'node:os';
import { answerCalls } from '../parts/rpc.ts';

const LEAST_URGENT = 19;
setPriority(LEAST_URGENT);

const ADDRESSES = ['127.0.0.2', '127.0.0.3'];
const CLIENTS_EACH = 100;
const PATHS = ['/metrics', '/api/v1/services?limit=100', '/api/v1/summary', '/livez', '/nothing'];

/** Number of replies by status; 0 counts connections that ended without a reply. */
export type Replies = Readonly<Record<number, number>>;

const ops = {
  async flood(base: string, forMs: number): Promise<Replies> {
    const replies: Record<number, number> = {};
    const until = performance.now() + forMs;
    const agents = ADDRESSES.map(
      (localAddress) => new Agent({ keepAlive: true, maxSockets: CLIENTS_EACH, localAddress }),
    );
    const clients = agents.flatMap((agent) =>
      Array.from({ length: CLIENTS_EACH }, async (_, turn) => {
        for (let i = turn; performance.now() < until; i++) {
          const status = await statusOf(`${base}${PATHS[i % PATHS.length]}`, agent);
          replies[status] = (replies[status] ?? 0) + 1;
        }
      }),
    );
    await Promise.all(clients);
    for (const agent of agents) agent.destroy();
    return replies;
  },
};
export type FloodOps = typeof ops;

function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const request = get(url, { agent }, (reply) => {
      reply.on('error', () => resolve(0));
      reply.on('end', () => resolve(reply.statusCode ?? 0));
      reply.resume();
    });
    request.on('error', () => resolve(0));
  });
}

answerCalls(ops);
