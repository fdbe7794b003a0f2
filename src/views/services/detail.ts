import {
  extendedErrorRow,
  extendedErrorText,
  mainExtendedError,
} from '../../model/extended-error.ts';
import { OUTCOMES, type Outcome } from '../../model/outcome.ts';
import type { ResolverAnswer, ResolverHealth } from '../../model/resolver.ts';
import {
  type AddressType,
  type ChainLink,
  HOPS,
  type Hop,
  QUERIES,
  type QueryType,
  resultOf,
} from '../../model/round.ts';
import { aliasOf, type Severity } from '../../model/service.ts';
import { dateOf } from '../../model/time.ts';
import { adviceFor, BLAMES, VERDICTS } from '../../model/verdict.ts';
import { type Recovery, recoveryOfRecord } from '../../state/outlook.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { type Asking, type Command, commandsFor } from './commands.ts';
import type { Domains, Sharing } from './domains.ts';
import { type Explained, explained } from './findings.ts';
import { type HistoryView, historyView } from './history.ts';
import { type PathLink, pathOf } from './path.ts';
import { type Reasons, reasonsOf } from './reasons.ts';
import { type Row, rowOf, toMicroseconds } from './row.ts';

/** One query of the last round, and its result. */
export interface Answer extends Reasons {
  readonly type: QueryType;
  readonly outcome: Outcome;
  readonly meaning: string;
  /** `address:port` of the server that answered last. */
  readonly server: string;
  /** Absent without a reply, or if the time was not measured. */
  readonly seconds?: number;
  /** Smallest TTL of the answer in seconds, as the server's cache reports it. */
  readonly ttl?: number;
  readonly addresses: readonly string[];
  /** CNAMEs in the order of the chain. */
  readonly chain: readonly ChainLink[];
}

export interface HopView {
  readonly hop: Hop;
  /** The queried name. */
  readonly name: string;
  /** Empty if it was not queried. */
  readonly answers: readonly Answer[];
}

/** A reference resolver, compared with cluster DNS for the same target. */
export interface ReferenceView {
  /** `address:port`. */
  readonly server: string;
  /** Rounds in which both answered. */
  readonly rounds: number;
  /** Number of latest rounds in a row that did not agree, for any reason. */
  readonly differing: number;
  /** Number of lookups in a row in which cluster DNS answered a wrong place. */
  readonly contradicting: number;
  /** Queries in a row that it did not answer. */
  readonly unanswered: number;
  /** The last answers, by type. */
  readonly answers: readonly ReferenceAnswer[];
}

export interface ReferenceAnswer extends Reasons {
  readonly type: AddressType;
  readonly outcome: Outcome;
  readonly meaning: string;
}

/** The answer of a resolver behind cluster DNS for the target of a failing Service. */
export interface ResolverView {
  /** `address:port`. */
  readonly server: string;
  /** The zone that cluster DNS forwards to it; `.` for all. */
  readonly zone: string;
  readonly health?: ResolverHealth;
  readonly lastAsked: Date;
  readonly answers: readonly ResolverAnswerView[];
}

export interface ResolverAnswerView {
  readonly type: QueryType;
  readonly outcome: Outcome;
  readonly meaning: string;
  readonly addresses: readonly string[];
  readonly ttl?: number;
  /** The name of an extended error (RFC 8914), and a text that includes the resolver's own text. */
  readonly extendedError?: string;
  readonly reason?: string;
}

/** The full state of one Service. */
export interface Detail extends Omit<Row, 'findings'> {
  readonly alias: string;
  /**
   * The meaning of the verdict for the Service, the first thing to try, and the place to check
   * according to the blame.
   */
  readonly meaning: string;
  readonly advice: string;
  readonly blameMeaning: string;
  /**
   * The domain with the name servers of the target; absent for a target in the cluster, and for an
   * IP literal.
   */
  readonly targetDomain?: string;
  /**
   * Number of Services with this target, and number with a target in its domain; both include this
   * Service.
   */
  readonly sharing: { readonly target: Sharing; readonly domain?: Sharing };
  readonly path: readonly PathLink[];
  readonly hops: readonly HopView[];
  /**
   * When pods can resolve the target again after a correction; absent unless it has no address and
   * a zone denies it.
   */
  readonly recovery?: Recovery;
  /** The addresses of the last answers, of both families. */
  readonly addresses: readonly string[];
  readonly findings: readonly Explained[];
  readonly rounds: { readonly up: number; readonly down: number };
  readonly lastSuccess?: Date;
  readonly created: Date;
  /** The last writer of the current `spec.externalName`: the field manager, such as `helm`. */
  readonly editedBy?: string;
  readonly edits: number;
  /**
   * Set while cluster DNS does not serve the spec yet: the start, and the deadline after which this
   * is a fault.
   */
  readonly convergence?: { readonly since: Date; readonly deadline: Date };
  /** The DNSSEC signature of the target that expires first. */
  readonly signature?: { readonly zone: string; readonly ends: Date };
  /** The state of each reference resolver for the target; empty if none is queried. */
  readonly references: readonly ReferenceView[];
  /**
   * The last answers of the resolvers behind cluster DNS for the target; empty if none was queried.
   */
  readonly resolvers: readonly ResolverView[];
  /** Servers with worse results for it than the other servers. */
  readonly worseServers: readonly string[];
  readonly severity?: Severity;
  /** Labels that are allowed on metrics. */
  readonly labels: Readonly<Record<string, string>>;
  readonly history: HistoryView;
  readonly commands: readonly Command[];
}

export interface DetailSettings extends Asking {
  readonly convergenceDeadlineMs: number;
}

export function detailOf(
  record: ServiceRecord,
  settings: DetailSettings,
  domains: Pick<Domains, 'of' | 'sharing'>,
  resolvers: readonly ResolverAnswer[],
): Detail {
  const { spec, diagnosis, targetAddresses, lastSuccessAt, convergingSince } = record;
  const { verdict, blame } = diagnosis;
  const { severity } = spec.settings;
  const recovery = recoveryOfRecord(record);
  const targetDomain = domains.of(spec.key);
  return {
    ...rowOf(record),
    alias: aliasOf(spec, settings.clusterDomain),
    meaning: VERDICTS[verdict].meaning,
    advice: adviceFor(diagnosis),
    blameMeaning: BLAMES[blame].meaning,
    ...(targetDomain === undefined ? {} : { targetDomain }),
    sharing: domains.sharing(record),
    path: pathOf(record),
    hops: HOPS.map((hop) => hopView(record, hop, settings)),
    ...(recovery ? { recovery } : {}),
    addresses: [...(targetAddresses.ipv4 ?? []), ...(targetAddresses.ipv6 ?? [])],
    findings: record.findings.map(explained),
    rounds: record.rounds,
    ...(lastSuccessAt === undefined ? {} : { lastSuccess: dateOf(lastSuccessAt) }),
    created: new Date(spec.createdAt),
    ...(spec.editedBy === undefined ? {} : { editedBy: spec.editedBy }),
    edits: record.specChanges,
    ...(convergingSince !== undefined && !isServed(record)
      ? {
          convergence: {
            since: dateOf(convergingSince),
            deadline: dateOf(convergingSince + settings.convergenceDeadlineMs),
          },
        }
      : {}),
    ...(record.signed
      ? { signature: { zone: record.signed.zone, ends: new Date(record.signed.endsAt) } }
      : {}),
    references: referenceViews(record),
    resolvers: resolvers.map((answer) => resolverView(record, answer)),
    worseServers: record.failingServers,
    ...(severity ? { severity } : {}),
    labels: spec.labels,
    history: historyView(record.history),
    commands: commandsFor(spec, settings),
  };
}

/** Whether cluster DNS served the present spec in the last round. */
function isServed({ round, roundTarget, spec }: ServiceRecord): boolean {
  return roundTarget === spec.target && round?.alias?.outcome === 'ok';
}

function referenceViews({ reference }: ServiceRecord): readonly ReferenceView[] {
  return [...(reference?.opinions ?? [])].map(([server, opinion]) => ({
    server,
    rounds: opinion.round,
    differing: opinion.differs,
    contradicting: opinion.contradicts,
    unanswered: opinion.silent,
    answers: Object.entries(reference?.said.get(server) ?? {}).map(([type, said]) => ({
      type: type as AddressType,
      outcome: said.outcome,
      meaning: OUTCOMES[said.outcome].meaning,
      ...reasonsOf(said),
    })),
  }));
}

function resolverView(
  { spec }: ServiceRecord,
  { server, zone, health, hop, endedAt }: ResolverAnswer,
): ResolverView {
  const answers = (['A', 'AAAA'] as const).flatMap((type): ResolverAnswerView[] => {
    const result = hop[type];
    if (!result) return [];
    const { outcome, addresses, ttl, chain, extendedErrors = [] } = result;
    const error = mainExtendedError(extendedErrors);
    return [
      {
        type,
        outcome,
        meaning: OUTCOMES[outcome].meaning,
        addresses,
        ...(ttl === undefined ? {} : { ttl }),
        ...(error
          ? {
              extendedError: extendedErrorRow(error.code).name,
              reason: `${extendedErrorText(error, chain.at(-1)?.name ?? spec.target)}${error.text && ` ("${error.text}")`}`,
            }
          : {}),
      },
    ];
  });
  return { server, zone, ...(health ? { health } : {}), lastAsked: dateOf(endedAt), answers };
}

function hopView(
  { spec, round, roundTarget }: ServiceRecord,
  hop: Hop,
  { clusterDomain }: Asking,
): HopView {
  const name = hop === 'target' ? (roundTarget ?? spec.target) : aliasOf(spec, clusterDomain);
  const answers = QUERIES.filter((query) => query.hop === hop).flatMap(({ type }): Answer[] => {
    const result = round && resultOf(round, hop, type);
    if (!result) return [];
    const { outcome, server, seconds, ttl, addresses, chain } = result;
    return [
      {
        type,
        outcome,
        meaning: OUTCOMES[outcome].meaning,
        server,
        ...(seconds === undefined ? {} : { seconds: toMicroseconds(seconds) }),
        ...(ttl === undefined ? {} : { ttl }),
        addresses,
        chain,
        ...reasonsOf(result),
      },
    ];
  });
  return { hop, name, answers };
}
