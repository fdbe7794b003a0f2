/** The full state of one Service. */
import {
  extendedErrorRow,
  extendedErrorText,
  mainExtendedError,
} from '../../model/extended-error.ts';
import { OUTCOMES } from '../../model/outcome.ts';
import { RESOLVER_HEALTHS, type ResolverAnswer } from '../../model/resolver.ts';
import { type AddressType, HOPS, type Hop, QUERIES, resultOf } from '../../model/round.ts';
import { aliasOf, SEVERITIES } from '../../model/service.ts';
import { dateOf } from '../../model/time.ts';
import { VERDICTS } from '../../model/verdict.ts';
import { recoveryOfRecord } from '../../state/outlook.ts';
import type { ServiceRecord } from '../../state/record.ts';
import {
  count,
  listOf,
  object,
  optional,
  type Schema,
  seconds,
  strings,
  text,
  time,
  type Value,
  words,
} from '../schema.ts';
import { HOP, OUTCOME, OUTCOME_MEANING, TYPE } from '../word-schemas.ts';
import { type Asking, commandsFor, SHELL_COMMAND } from './commands.ts';
import { type Domains, SHARING } from './domains.ts';
import { EXPLAINED_FINDING, explained } from './findings.ts';
import { HISTORY, historyView, NOT_ALWAYS } from './history.ts';
import { adviceForTarget, blameMeaningFor, endOf } from './in-cluster.ts';
import { isBySilence, PATH_LINK, pathOf } from './path.ts';
import { REASONS, reasonsOf } from './reasons.ts';
import { ROW_PROPERTIES, rowOf, toMicroseconds } from './row.ts';

/** The fields of an answer in addition to its type. */
const ANSWERED = { type: TYPE, outcome: OUTCOME, meaning: text(OUTCOME_MEANING) };
const ADDRESSES = strings('At the end of the chain.');
const TTL = optional(count('The smallest of the answer, in seconds.'));

/** One query of the last round, and its result. */
const HOP_ANSWER = object({
  ...ANSWERED,
  server: text('address:port of the server that answered last.'),
  seconds: optional(seconds(NOT_ALWAYS)),
  ttl: TTL,
  addresses: ADDRESSES,
  chain: listOf(
    object({ name: text('Target of the CNAME.'), ttl: count('In seconds.') }),
    'CNAMEs in the order in which they are followed.',
  ),
  ...REASONS,
});
export type HopAnswer = Value<typeof HOP_ANSWER>;

const HOP_VIEW = object({
  hop: HOP,
  name: text('The name in the query.'),
  answers: listOf(HOP_ANSWER, 'Empty if it was not asked.'),
});
export type HopView = Value<typeof HOP_VIEW>;

/** A reference resolver, compared with cluster DNS for the same target. */
const REFERENCE = object({
  server: text('address:port'),
  rounds: count('In which both it and cluster DNS said something.'),
  differing: count('In a row, that did not agree.'),
  contradicting: count('Lookups in a row in which cluster DNS pointed where it should not.'),
  unanswered: count('Questions in a row that it did not answer.'),
  answers: listOf(object({ ...ANSWERED, ...REASONS }), 'The last ones.'),
});

const RESOLVER_ANSWER = object({
  ...ANSWERED,
  addresses: ADDRESSES,
  ttl: TTL,
  extendedError: optional(text('The name of the extended DNS error (RFC 8914).')),
  reason: optional(text('That error in words, with the text of the resolver.')),
});

/** The answer of a resolver behind cluster DNS for the target of a failing Service. */
const RESOLVER = object({
  server: text('address:port'),
  zone: text('That cluster DNS forwards to it; . for all.'),
  health: optional(
    words(
      RESOLVER_HEALTHS,
      'How it does in general. fails: it replies with errors. silent: it does not reply. unproven: it has never replied to this monitor.',
    ),
  ),
  lastAsked: time('When it answered, or did not.'),
  answers: listOf(RESOLVER_ANSWER, 'By type.'),
});

const LABELS: Schema<Readonly<Record<string, string>>> = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'Labels that are allowed on metrics.',
};

export const DETAIL = object({
  ...ROW_PROPERTIES,
  alias: text('The name that pods use.'),
  meaning: text('Of the verdict.'),
  advice: text('The first step to take.'),
  blameMeaning: text('Of the blame.'),
  targetDomain: optional(
    text(
      'The domain of the target, as in target_domain of externalname_service_info; absent for a target in the cluster, and for an IP address.',
    ),
  ),
  sharing: object(
    { target: SHARING, domain: optional(SHARING) },
    'Services with the same target, and with a target in the same domain; this one is among them.',
  ),
  path: listOf(
    PATH_LINK,
    'The path from a pod to an address, in order. broken: the component at fault. impaired: a fault, but pods get an address. unknown: behind the broken place, or not asked.',
  ),
  notAsked: optional(
    words(
      ['cluster_dns', 'upstream_dns'],
      'Why the Service was not asked on its last turn: cluster DNS, or all that it forwards to, is silent. If the verdict rests on that, hops have no answers.',
    ),
  ),
  hops: listOf(HOP_VIEW, 'Each question of the last round with its answer, by hop.'),
  recovery: optional(
    object(
      {
        zone: text('That says that there is no such name or record.'),
        seconds: count('Pods see the corrected target after so many seconds at the latest.'),
        clusterDnsSeconds: count(
          'For so many of them cluster DNS keeps the negative answer itself.',
        ),
      },
      'When pods see the target again, once it has been corrected: from the SOA of its negative answers. See docs/verdicts.md.',
    ),
  ),
  addresses: strings(
    'Addresses of both families in the last answer for the target; see hops for the addresses that pods get.',
  ),
  findings: listOf(EXPLAINED_FINDING, 'The worst first.'),
  rounds: object(
    {
      up: count('Rounds that got an address.'),
      down: count('Rounds that got no address.'),
    },
    'Number of rounds with and without an address.',
  ),
  lastSuccess: optional(time('The last round that got an address.')),
  created: time('metadata.creationTimestamp'),
  editedBy: optional(
    text(
      'Last writer of spec.externalName: the field manager of metadata.managedFields, such as helm.',
    ),
  ),
  edits: count('Edits of spec.externalName seen.'),
  references: listOf(
    REFERENCE,
    'The results of each reference resolver for the target, and its last answers: see docs/reference-resolvers.md.',
  ),
  resolvers: listOf(
    RESOLVER,
    'The answer of each resolver behind cluster DNS for the target: see docs/upstream-dns.md.',
  ),
  convergence: optional(
    object(
      { since: time('The edit.'), deadline: time('Until then that is no fault.') },
      'Present while cluster DNS has yet to serve the spec; until deadline that is no fault.',
    ),
  ),
  signature: optional(
    object(
      { zone: text('The zone that has made it.'), ends: time('When it ends.') },
      'The DNSSEC signature of the target that ends first; absent without --dnssec-horizon, and where it is not signed.',
    ),
  ),
  worseServers: strings('DNS servers that fail for it while others do not.'),
  severity: optional(words(SEVERITIES, 'From the annotation.')),
  labels: LABELS,
  history: HISTORY,
  commands: listOf(
    SHELL_COMMAND,
    'To try by hand: kubectl in the namespace of the Service, then dig for a shell in a pod. Text from tenants is quoted for the shell.',
  ),
});
export type Detail = Value<typeof DETAIL>;

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
  const { verdict } = diagnosis;
  const { severity } = spec.settings;
  const recovery = recoveryOfRecord(record);
  const targetDomain = domains.of(spec.key);
  return {
    ...rowOf(record),
    alias: aliasOf(spec, settings.clusterDomain),
    meaning: VERDICTS[verdict].meaning,
    advice: adviceForTarget(diagnosis, endOf(record), settings.clusterDomain),
    blameMeaning: blameMeaningFor(diagnosis, endOf(record), settings.clusterDomain),
    ...(targetDomain === undefined ? {} : { targetDomain }),
    sharing: domains.sharing(record),
    path: pathOf(record, settings.clusterDomain),
    ...(record.silence ? { notAsked: record.silence } : {}),
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

function referenceViews({ reference }: ServiceRecord): Detail['references'] {
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
): Value<typeof RESOLVER> {
  const answers = (['A', 'AAAA'] as const).flatMap((type): Value<typeof RESOLVER_ANSWER>[] => {
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

function hopView(record: ServiceRecord, hop: Hop, { clusterDomain }: Asking): HopView {
  const { spec, roundTarget } = record;
  // An older round says nothing about a turn without queries, unless the verdict still rests on it.
  const round = isBySilence(record) ? undefined : record.round;
  const name = hop === 'target' ? (roundTarget ?? spec.target) : aliasOf(spec, clusterDomain);
  const answers = QUERIES.filter((query) => query.hop === hop).flatMap(({ type }): HopAnswer[] => {
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
