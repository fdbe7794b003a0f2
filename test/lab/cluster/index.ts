/**
 * A real cluster API and real cluster DNS for tests. Start with {@link startCluster}, or with
 * {@link startPodCluster} if DNS pods need their own addresses.
 */
export { type AskOptions, ask, type Reply } from './ask.ts';
export { ClientPod } from './client-pod.ts';
export { type Cluster, type ClusterOptions, startCluster } from './cluster.ts';
export type { CorednsOptions } from './coredns.ts';
export { corefiles } from './corefiles.ts';
export { Daemon } from './daemon.ts';
export type { DnsPath } from './dns-path.ts';
export { describeE2e, describeImages, describePods, describeResolvers } from './e2e.ts';
export type { Fault, Forgery, Match, SeenQuery } from './fault.ts';
export { externalName, Kube, KubeError, type KubeObject, namespace } from './kube.ts';
export type { KubeDns } from './kube-dns.ts';
export type { Pod } from './pod.ts';
export { type PodCluster, type PodClusterOptions, startPodCluster } from './pod-cluster.ts';
export { PodNetwork } from './pod-network.ts';
export { freePort } from './ports.ts';
export { until } from './until.ts';
export type { Block } from './vip-rules.ts';
export { defaultZones, type Zone, type Zones } from './zones.ts';
