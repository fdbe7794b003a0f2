/** The API server, over TLS, in a process of its own: its work is not the monitor's. */
import { ApiServer } from '../../../../src/demo/api/server.ts';
import { selfSigned } from '../../../../src/demo/certificate.ts';
import { answerCalls } from '../parts/rpc.ts';
import { objectOf } from '../services.ts';

const api = new ApiServer({ tls: selfSigned(), keepChanges: 100_000 });
const ops = {
  /** Serves Services 0 … count - 1, and returns the kubeconfig that leads there; the first `stale` have another target. */
  async start(count: number, stale = 0): Promise<string> {
    for (let i = 0; i < count; i++) {
      api.apply(objectOf(i, i < stale ? `before-${i}.example.com` : undefined));
    }
    await api.start();
    return api.kubeconfig();
  },
  /** Creates one, or edits it to the target that DNS serves. */
  apply(i: number): void {
    api.apply(objectOf(i));
  },
};
export type ClusterOps = typeof ops;

answerCalls(ops);
