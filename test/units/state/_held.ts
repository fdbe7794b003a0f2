import type { JudgedReport } from '../../../src/model/messages.ts';
import type { Round } from '../../../src/model/round.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import type { ServiceRecord } from '../../../src/state/record.ts';
import { Store, type StoreSettings } from '../../../src/state/store.ts';
import { reportOf } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';

export const NOW = Date.UTC(2026, 10, 22);

/** `shop/<name>`, whose target is another one unless given. */
export function spec(name: string, externalName = `${name}.example.com`, uid = name): ServiceSpec {
  return specOf(name, { externalName, uid });
}

/** A round of it, as the worker reports it. */
export function report(
  of: ServiceSpec,
  round: Round,
  change: Partial<JudgedReport> = {},
): JudgedReport {
  return reportOf(of, round, NOW, change);
}

export function settingsOf(servers: readonly string[] = ['10.96.0.10:53']): StoreSettings {
  return {
    servers: servers.map((label) => ({ address: label, port: 53, label })),
    clusterDomain: 'cluster.local',
    isOwnDomain: false,
    intervalMs: 30_000,
    drift: { entries: 64, windowMs: 86_400_000 },
  };
}

export interface Held {
  readonly store: Store;
  readonly record: (name: string) => ServiceRecord | undefined;
  readonly changes: string[];
}

/** A store that has just listed, and what it tells of changes. */
export function hold(servers?: readonly string[], onDoubt?: () => void): Held {
  const changes: string[] = [];
  const store = new Store(
    settingsOf(servers),
    (key, record) => changes.push(`${key} ${record?.diagnosis.verdict ?? 'gone'}`),
    onDoubt,
  );
  store.informerChanged({ synced: true, connected: true, lastContactAt: NOW, lastListAt: NOW });
  return { store, changes, record: (name) => store.records.get(`shop/${name}`) };
}
