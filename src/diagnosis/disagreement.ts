import type { AddressHop, AddressType, QueryResult } from '../model/round.ts';
import { comparisonOf } from './comparison.ts';
import { NO_OPINION, type Opinion, revised, stanceOf } from './opinion.ts';

/** A reference that has not answered for more rounds than this has no vote. */
const ROUNDS_SILENT = 12;

/** The last answer of a reference, reduced to the fields that are kept. */
export type Said = Pick<QueryResult, 'outcome' | 'negative' | 'extendedErrors'>;

/**
 * How the answers for a target at cluster DNS and at the reference resolvers have compared so far.
 */
export interface Disagreement {
  readonly target: string;
  /** Most references contradict cluster DNS. */
  readonly disagrees: boolean;
  /** Most references answer differently, but do not contradict cluster DNS. */
  readonly splitHorizon: boolean;
  /** By server. */
  readonly opinions: ReadonlyMap<string, Opinion>;
  /** By server, then by type. */
  readonly said: ReadonlyMap<string, Readonly<Partial<Record<AddressType, Said>>>>;
}

/**
 * Adds an answer of a reference, compared with the latest answer of cluster DNS. A previous state
 * of another target is ignored. `now` is the time of the reference's answer, in milliseconds since
 * the epoch.
 */
export function compare(
  state: Disagreement | undefined,
  target: string,
  cluster: AddressHop,
  server: string,
  reference: AddressHop,
  now: number,
): Disagreement {
  const opinions = new Map(state?.target === target ? state.opinions : undefined);
  const opinion = opinions.get(server) ?? NO_OPINION;
  opinions.set(server, revised(opinion, comparisonOf(target, cluster, reference), now));
  const said = new Map(state?.target === target ? state.said : undefined);
  said.set(server, saidBy(reference));
  return { target, ...vote([...opinions.values()]), opinions, said };
}

function saidBy({ A, AAAA }: AddressHop): Partial<Record<AddressType, Said>> {
  const kept = ({ outcome, negative, extendedErrors }: QueryResult): Said => ({
    outcome,
    ...(negative ? { negative } : {}),
    ...(extendedErrors ? { extendedErrors } : {}),
  });
  return { ...(A ? { A: kept(A) } : {}), ...(AAAA ? { AAAA: kept(AAAA) } : {}) };
}

/**
 * More than half of the references that answered decide. One odd resolver changes nothing, and of
 * two both must agree.
 */
function vote(opinions: readonly Opinion[]): Pick<Disagreement, 'disagrees' | 'splitHorizon'> {
  const all = opinions.filter(({ round }) => round > 0);
  const recent = all.filter(({ silent }) => silent < ROUNDS_SILENT);
  const stances = (recent.length > 0 ? recent : all).map(stanceOf);
  const isMost = (wanted: readonly (typeof stances)[number][]): boolean =>
    stances.filter((stance) => wanted.includes(stance)).length > stances.length / 2;
  const disagrees = isMost(['contradicts']);
  return { disagrees, splitHorizon: !disagrees && isMost(['contradicts', 'differs']) };
}
