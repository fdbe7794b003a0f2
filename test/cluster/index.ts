/**
 * A real cluster API and real cluster DNS for tests: start at {@link startCluster}.
 */
export { type AskOptions, ask, type Reply } from './ask.ts';
export { type Cluster, type ClusterOptions, startCluster } from './cluster.ts';
export type { CorednsOptions } from './coredns.ts';
export { Daemon } from './daemon.ts';
export { describeE2e } from './e2e.ts';
export type { Fault, Match, SeenQuery } from './fault.ts';
export { externalName, Kube, KubeError, type KubeObject, namespace } from './kube.ts';
export { freePort } from './ports.ts';
export { until } from './until.ts';
export { defaultZones, type Zone, type Zones } from './zones.ts';
