import type { Silence } from '../model/messages.ts';
import type { Outcome } from '../model/outcome.ts';
import type { PolicyDecision } from '../model/policy.ts';
import type { Round } from '../model/round.ts';
import type { ServiceSpec } from '../model/service.ts';
import type { Diagnosis } from '../model/verdict.ts';
import type { ZoneState } from '../model/zone.ts';
import type { Share } from './population.ts';
import type { ResolverEvidence } from './resolver-evidence.ts';
import type { Signed } from './signature.ts';
import type { Trace } from './trace.ts';

/** The state of the whole, as far as it bears on the verdict of one Service. */
export interface Surroundings {
  readonly clusterDomain: string;
  /** The last outcome of the control query. */
  readonly control?: Outcome;
  /** Whether cluster DNS serves the zone of the cluster domain. */
  readonly zone: ZoneState;
  /** What we hold from the API server may be out of date. */
  readonly stale: boolean;
  /** The target leads back to the Service by way of other aliases. */
  readonly inLoop: boolean;
  /** Where the target leads by way of other aliases. */
  readonly finalTarget: string;
  /** Another Service, as `namespace/name`, whose target cluster DNS serves for this one. */
  readonly servedAs?: string;
  /** Servers, by label, the way to which loses messages, see `Loss`. */
  readonly lossy: ReadonlySet<string>;
  /** The upstream sensor fails at every server that pods ask, or did a moment ago; the target did not fail before. */
  readonly upstreamDown: boolean;
  /** Each of them answers the upstream sensor with REFUSED. */
  readonly upstreamRefused: boolean;
  /** Most of the provider domains that were asked for lately fail, and began together, see `Population`. */
  readonly upstreamFailing: boolean;
  /** The same for answers of REFUSED. */
  readonly refusingMany: boolean;
  /** Of signatures; absent where they are not asked for. `now`: milliseconds since the epoch on the wall clock. */
  readonly dnssec?: { readonly now: number; readonly horizonMs: number };
  /** How other provider domains fare; of a Service whose target fails. */
  readonly share?: Share;
}

/** All that the verdict and the findings of one Service are made from. */
export interface Context extends Surroundings {
  readonly spec: Pick<
    ServiceSpec,
    | 'namespace'
    | 'name'
    | 'target'
    | 'ports'
    | 'settings'
    | 'controller'
    | 'hasSelector'
    | 'unknownAnnotations'
  >;
  /** The last finished round; after an edit, the one for the old target until there is another. */
  readonly round?: Round;
  /** The round is for the present target, so that its answers are what the spec leads to. */
  readonly isOwnRound: boolean;
  readonly trace: Trace;
  /** Cluster DNS may not know the new or edited spec yet. */
  readonly converging: boolean;
  /** Nothing answers, so that this Service was not asked about. */
  readonly silence?: Silence;
  /** Of the servers that are asked on their own, how many fail this Service, and how many do not. */
  readonly servers: { readonly failing: number; readonly serving: number };
  readonly policy: PolicyDecision;
  /** Reference resolvers see another view of the target, with private addresses or without the name. */
  readonly splitHorizon: boolean;
  /** What the resolvers behind cluster DNS answer for the target; absent where they were not asked. */
  readonly resolvers?: ResolverEvidence;
  /** The DNSSEC signature of the target that ends first. */
  readonly signed?: Signed;
  /** What was published last. */
  readonly published: Diagnosis;
}
