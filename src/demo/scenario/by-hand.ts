/**
 * Changes that a visitor can make at the embedded API server, and the monitor's expected verdicts.
 */
import type { Expected } from './services.ts';

export interface ChangeByHand {
  method: 'POST' | 'PATCH' | 'DELETE';
  namespace: string;
  name: string;
  body?: Readonly<Record<string, unknown>>;
  /** Absent: the Service is deleted, with all its series. */
  expected?: Expected;
}

/** In an order in which each of them works. */
export const changesByHand: readonly ChangeByHand[] = [
  {
    method: 'PATCH',
    namespace: 'orders',
    name: 'legacy-db',
    body: { spec: { externalName: 'ledger.db.example.net' } },
    expected: { verdict: 'healthy', blame: 'none', up: 1 },
  },
  {
    method: 'POST',
    namespace: 'ci',
    name: 'mine',
    body: {
      metadata: { name: 'mine' },
      spec: { type: 'ExternalName', externalName: 'x.example.com' },
    },
    expected: { verdict: 'target_nxdomain', blame: 'target', up: 0 },
  },
  {
    method: 'DELETE',
    namespace: 'ci',
    name: 'mine',
  },
];

/** Path at the API server, from `/api/v1/namespaces` on. */
export function pathOf({ method, namespace, name }: ChangeByHand): string {
  return `/${namespace}/services${method === 'POST' ? '' : `/${name}`}`;
}
