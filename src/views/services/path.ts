/** Where on the way from a pod to an address a Service's name breaks. */
import type { Blame, Verdict } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';

/** The places on the way, in their order. */
export const PLACES = {
  pod: 'the pod that asks',
  cluster_dns: 'cluster DNS, which must answer at all',
  cname: 'the CNAME that it serves, which must be spec.externalName',
  upstream: 'the resolvers and name servers that cluster DNS gets the target from',
  addresses: 'the addresses at the end',
} as const;

export type Place = keyof typeof PLACES;

/** `unknown`: behind what is broken, or not judged yet. */
export const LINK_STATES = ['ok', 'impaired', 'broken', 'unknown'] as const;
export type LinkState = (typeof LINK_STATES)[number];

export interface PathLink {
  readonly place: Place;
  readonly meaning: string;
  readonly state: LinkState;
}

/** Where each verdict has its place; the others have theirs by the blame, or none. */
const BY_VERDICT: Readonly<Partial<Record<Verdict, Place>>> = {
  untrusted_answer: 'addresses',
  alias_mismatch: 'cname',
  alias_missing: 'cname',
  invalid_target: 'cname',
  cluster_dns_failing: 'cluster_dns',
  app_view_broken: 'cluster_dns',
  target_nxdomain: 'addresses',
  target_no_address: 'addresses',
};
const BY_BLAME: Readonly<Partial<Record<Blame, Place>>> = {
  cluster_dns: 'cluster_dns',
  upstream_dns: 'upstream',
  target: 'upstream',
};

/** Every place, with what is known of it. Up to what is broken all is well; what is behind that, nobody knows. */
export function pathOf({ diagnosis }: Pick<ServiceRecord, 'diagnosis'>): readonly PathLink[] {
  const { up, verdict, blame } = diagnosis;
  const places = Object.keys(PLACES) as Place[];
  const broken = BY_VERDICT[verdict] ?? BY_BLAME[blame];
  const at = broken ? places.indexOf(broken) : -1;
  const stateOf = (i: number): LinkState => {
    if (i === 0 || verdict === 'healthy') return 'ok';
    if (at < 0) return 'unknown';
    if (i === at) return up === 1 ? 'impaired' : 'broken';
    return i < at || up === 1 ? 'ok' : 'unknown';
  };
  return places.map((place, i) => ({ place, meaning: PLACES[place], state: stateOf(i) }));
}
