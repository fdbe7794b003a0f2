/**
 * The API server, over TLS, in a separate process, so that its CPU time does not count for the
 * monitor.
 */
import { ApiServer } from '../../../../src/demo/api/server.ts';
import { selfSigned } from '../../../../src/demo/certificate.ts';
import { answerCalls } from '../parts/rpc.ts';
import { objectOf } from '../services.ts';

const api = new ApiServer({ tls: selfSigned(), keepChanges: 100_000 });
const ops = {
  /**
   * Serves Services 0 … count - 1, and returns the kubeconfig; the first `stale` have another
   * target.
   */
  async start(count: number, stale = 0): Promise<string> {
    for (let i = 0; i < count; i++) {
      api.apply(objectOf(i, i < stale ? `before-${i}.example.com` : undefined));
    }
    await api.start();
    return api.kubeconfig();
  },
  /** Creates a Service, or edits it to the target that DNS serves. */
  apply(i: number): void {
    api.apply(objectOf(i));
  },
};
export type ClusterOps = typeof ops;

answerCalls(ops);
