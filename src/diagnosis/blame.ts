/** The component at fault when a target does not resolve, and the evidence for that. */
import type { AddressHop, QueryResult } from '../model/round.ts';
import { isInZone } from '../model/service.ts';
import type { Diagnosis } from '../model/verdict.ts';
import type { Context } from './context.ts';
import { isError, lastName } from './outcomes.ts';
import { providerDomain } from './provider-domain.ts';
import { CHANCE_ROUNDS } from './trace.ts';

export type Blamed = Pick<Diagnosis, 'blame' | 'evidence'>;

const SENSOR_REFUSED =
  'Cluster DNS answers REFUSED to the upstream sensor as well, at every server that pods ask: its forward limit is reached, or the resolvers behind it refuse.';

/** The first rule that matches. docs/verdicts.md lists the rules in the same order. */
export function blameForTarget(context: Context, target: AddressHop | undefined): Blamed {
  const { clusterDomain } = context;
  const results = Object.values(target ?? {});
  const open = results.find(({ leftOpen }) => leftOpen);
  if (open) return { blame: 'upstream_dns', evidence: leftOpen(context, open) };
  const failed = results.filter(isError);
  if (failed.some(({ outcome }) => outcome === 'refused')) {
    if (context.upstreamRefused) return { blame: 'cluster_dns', evidence: SENSOR_REFUSED };
    if (context.refusingMany) {
      const evidence = `Cluster DNS answers REFUSED: ${shareText(context)}`;
      return { blame: 'cluster_dns', evidence };
    }
  }
  // Packet loss does not hit so many queries in a row.
  const mayBeLost = context.trace.sinceGood <= CHANCE_ROUNDS;
  const isLost = ({ outcome, server }: QueryResult): boolean =>
    mayBeLost && outcome === 'timeout' && context.lossy.has(server);
  if (failed.length > 0 && failed.every(isLost)) {
    const evidence = `Messages are lost on the way to ${failed[0]?.server}: it does not always reply to questions that it answers from memory.`;
    return { blame: 'cluster_dns', evidence };
  }
  if (failed.length === 0) return { blame: 'target' };
  // The address does not fit, or our own kernel does not send the message: in both cases the query
  // has not reached the target.
  if (failed.every(({ outcome }) => outcome === 'truncated' || outcome === 'unreachable')) {
    return { blame: 'cluster_dns' };
  }
  const isDenied = failed.some(({ outcome }) => outcome === 'nxdomain');
  const exists = results.some(({ outcome }) => outcome === 'ok');
  // Cluster DNS answers for its own zone itself, so an error there is its own.
  const failedName = lastName(context.finalTarget, target);
  if (isInZone(failedName, clusterDomain) && (exists || !isDenied)) return { blame: 'cluster_dns' };
  if (isDenied) return { blame: 'target' };
  if (context.upstreamDown) {
    const evidence =
      'The upstream sensor fails at every server that pods ask, or did until a moment ago: cluster DNS gets no answers from outside.';
    return { blame: 'upstream_dns', evidence };
  }
  const share = shareText(context);
  const evidence = share === undefined ? {} : { evidence: share };
  return { blame: context.upstreamFailing ? 'upstream_dns' : 'target', ...evidence };
}

function leftOpen(context: Context, open: QueryResult): string {
  const last = open.chain.at(-1)?.name ?? context.finalTarget;
  return `The resolver behind cluster DNS answers with a CNAME to ${last} and no address, although that name has one: it does not follow CNAMEs (a resolver without recursion, or a stub zone at an authoritative server).`;
}

/** A sentence about the other provider domains; undefined if no other was queried. */
function shareText({ share, finalTarget }: Context): string | undefined {
  if (!share || share.failing + share.resolved === 0) return undefined;
  const { server, failing, resolved } = share;
  const all = failing + resolved;
  const domains = all === 1 ? 'one other domain' : `${all} other domains`;
  return `Of ${domains} that ${server} was asked for since ${providerDomain(finalTarget)} began to fail, ${failing} began to fail with it and ${resolved} ${resolved === 1 ? 'was' : 'were'} resolved.`;
}
