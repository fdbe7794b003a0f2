import type { Surroundings } from '../diagnosis/context.ts';
import type { Disagreement } from '../diagnosis/disagreement.ts';
import type { DriftLimits, TargetMemory } from '../diagnosis/drift.ts';
import type { Signed } from '../diagnosis/signature.ts';
import type { Trace } from '../diagnosis/trace.ts';
import type { ChangeKind } from '../model/drift.ts';
import type { Finding } from '../model/finding.ts';
import type { SearchDomainExample, Silence } from '../model/messages.ts';
import type { FoldedOutcome } from '../model/outcome.ts';
import type { Policy } from '../model/policy.ts';
import type { ResolverAnswer } from '../model/resolver.ts';
import type { Family, Hop, QueryType, Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Diagnosis } from '../model/verdict.ts';
import type { Histogram } from './histogram.ts';
import type { History } from './history.ts';

/** What one query of the round has come to, over all rounds. */
export interface QueryStats {
  readonly hop: Hop;
  readonly type: QueryType;
  /** Finished queries by outcome. */
  readonly outcomes: Readonly<Partial<Record<FoldedOutcome, number>>>;
  /** Seconds of the last round's reply; absent without one, or if the time was not measured. */
  readonly lastSeconds?: number;
  /** Smallest TTL of the last reply that had records. */
  readonly ttl?: number;
}

/** All that is known of one Service. Never changed in place: a change is another record. */
export interface ServiceRecord {
  readonly spec: ServiceSpec;
  /** Since when cluster DNS has had a new or edited spec to catch up with, in milliseconds; absent once the worker says that it has, or that its time is over. */
  readonly convergingSince?: number;
  /** Since when rounds have found another spec served than ours, or none, in milliseconds. */
  readonly unmetAt?: number;
  /** Edits of `spec.externalName` seen. */
  readonly specChanges: number;
  /** Its past: failures, edits, drift and latencies. */
  readonly history: History;
  /** Servers, by label, that failed it when they were asked on their own, as of the last round. */
  readonly failingServers: readonly string[];
  /** The last finished round for the current target, without its single exchanges, which are counted elsewhere. */
  readonly round?: Round;
  /** The target that the round asked for: the spec may have been edited since. */
  readonly roundTarget?: string;
  readonly diagnosis: Diagnosis;
  /** What rounds for this target have left behind. */
  readonly trace: Trace;
  /** The worst first; the same array while nothing changes. */
  readonly findings: readonly Finding[];
  /** The DNSSEC signature of the target that ends first; absent where it is not signed, or not asked for. */
  readonly signed?: Signed;
  /** How reference resolvers see the target; absent where they are not asked. */
  readonly reference?: Disagreement;
  /** When the verdict became what it is, in milliseconds. */
  readonly since: number;
  /** Undefined while the Service is well, or not judged yet. */
  readonly badSince: BadSince | undefined;
  readonly rounds: { readonly up: number; readonly down: number };
  readonly queries: readonly QueryStats[];
  /** Absent without `--service-histograms`: half a kilobyte for each Service. */
  readonly durations?: Readonly<Record<Hop, Histogram>>;
  /** Nothing answers, so that this Service was not asked about on its last turn. */
  readonly silence?: Silence;
  /** On the steady clock, in milliseconds, as all times here. */
  readonly lastProbeAt?: number;
  readonly lastSuccessAt?: number;
  /** What the target was answered lately; forgotten when the spec names another one. */
  readonly memory?: TargetMemory;
  /** Changes of the answer for the target, and when each kind was last seen, in milliseconds. */
  readonly changes: Readonly<Record<ChangeKind, number>>;
  readonly lastChange: Readonly<Partial<Record<ChangeKind, number>>>;
  /** Addresses in the target's last answer, sorted; kept over errors, empty after NODATA and NXDOMAIN. */
  readonly targetAddresses: Readonly<Partial<Record<Family, readonly string[]>>>;
}

/** Since when a Service has been down, or bad in another way. */
export interface BadSince {
  /** In milliseconds. */
  readonly at: number;
  readonly isDown: boolean;
  /** False where the first round was bad: it began before, and when is not known. */
  readonly isExact: boolean;
}

/** Whether a server answers its control query, and whether it resolves names that it must forward. */
export interface ServerState {
  readonly answers: boolean;
  readonly forwards: boolean;
  /** Since when that is so, in milliseconds; 0 before the first query. */
  readonly since: number;
}

/** What is known of a search domain that pods have from their node. */
export interface SearchDomainState {
  /** It answers for any name. */
  readonly wildcard: boolean;
  /** Since when that is known, in milliseconds. */
  readonly since: number;
  readonly example?: SearchDomainExample;
}

/** What the verdict of a Service needs beside its record: settings, and the state of the whole. */
export interface Around extends Surroundings {
  /** The servers that are asked on their own, by label. */
  readonly servers: ReadonlyMap<string, ServerState>;
  /** When Services were last listed, in milliseconds; 0 before. That a watch is accepted proves nothing yet. */
  readonly listedAt: number;
  readonly drift: DriftLimits;
  /** Whether each Service has histograms of its own; it has unless this says not. */
  readonly histograms?: boolean;
  /** Whether these are native ones, too; they are not unless this says so. */
  readonly nativeHistograms?: boolean;
  readonly policy: Policy;
  /** Of the resolvers behind cluster DNS, for the final target; absent where they were not asked. */
  readonly resolverAnswers?: readonly ResolverAnswer[];
}
