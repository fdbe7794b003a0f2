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

/** The state of the cluster and the monitor that affects the verdict of one Service. */
export interface Surroundings {
  readonly clusterDomain: string;
  /** The last outcome of the control query. */
  readonly control?: Outcome;
  /** Whether cluster DNS serves the zone of the cluster domain. */
  readonly zone: ZoneState;
  /** The monitor's copy of the API server's data may be out of date. */
  readonly stale: boolean;
  /** The target leads back to the Service through other aliases. */
  readonly inLoop: boolean;
  /** The last target that the target leads to through other aliases. */
  readonly finalTarget: string;
  /** Another Service, as `namespace/name`: cluster DNS serves its target for this Service. */
  readonly servedAs?: string;
  /** Labels of the servers with message loss on the network path, see `Loss`. */
  readonly lossy: ReadonlySet<string>;
  /**
   * The upstream sensor fails, or failed a moment ago, at every server that pods use, and the
   * target did not fail before that.
   */
  readonly upstreamDown: boolean;
  /** Every one of these servers answers the upstream sensor with REFUSED. */
  readonly upstreamRefused: boolean;
  /**
   * Most of the provider domains that were queried recently fail, and they began to fail together,
   * see `Population`.
   */
  readonly upstreamFailing: boolean;
  /** The same for REFUSED answers. */
  readonly refusingMany: boolean;
  /**
   * Limits for signatures; absent if the monitor does not query them. `now`: milliseconds since the
   * epoch on the wall clock.
   */
  readonly dnssec?: { readonly now: number; readonly horizonMs: number };
  /** State of the other provider domains; set for a Service with a failing target. */
  readonly share?: Share;
}

/** The complete input for the verdict and the findings of one Service. */
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
  /**
   * The last finished round. After an edit it is the round for the old target until the next one
   * ends.
   */
  readonly round?: Round;
  /** The round is for the present target, so its answers belong to the current spec. */
  readonly isOwnRound: boolean;
  readonly trace: Trace;
  /** Cluster DNS may not serve the new or edited spec yet. */
  readonly converging: boolean;
  /** No server answers, so this Service was not queried. */
  readonly silence?: Silence;
  /** How many of the individually queried servers fail this Service, and how many do not. */
  readonly servers: { readonly failing: number; readonly serving: number };
  readonly policy: PolicyDecision;
  /** Reference resolvers return another view of the target: private addresses, or no such name. */
  readonly splitHorizon: boolean;
  /**
   * Answers for the target from the resolvers behind cluster DNS; absent if they were not queried.
   */
  readonly resolvers?: ResolverEvidence;
  /** The DNSSEC signature of the target that expires first. */
  readonly signed?: Signed;
  /** The diagnosis that was published last. */
  readonly published: Diagnosis;
}
