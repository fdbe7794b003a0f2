/** The place on the path from a pod to an address where a Service's name breaks. */
import type { Silence } from '../../model/messages.ts';
import { PLACES, type Place } from '../../model/place.ts';
import type { Round } from '../../model/round.ts';
import { isInZone } from '../../model/service.ts';
import { BLAMES, type Diagnosis, VERDICTS } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { object, text, type Value, wordOf, words } from '../schema.ts';
import { endOf } from './in-cluster.ts';

const LINK_STATES = ['ok', 'impaired', 'broken', 'unknown'] as const;
export type LinkState = (typeof LINK_STATES)[number];

export const PATH_LINK = object({
  place: wordOf(PLACES, 'A place on the way from a pod to an address.'),
  meaning: text('The meaning of the place.'),
  state: words(LINK_STATES, 'unknown: behind the broken place, or not asked.'),
});
export type PathLink = Value<typeof PATH_LINK>;

/** For a target in the zone of the cluster, cluster DNS asks no other server. */
const OUTSIDE: ReadonlySet<Place> = new Set(['upstream', 'name_servers']);

type Known = Pick<ServiceRecord, 'diagnosis' | 'spec' | 'round' | 'roundTarget' | 'silence'>;

/**
 * Every place with its state. The broken place belongs to the component at fault. The places before
 * it work; the state of those behind it is unknown, unless the query for the target itself shows
 * it.
 */
export function pathOf(record: Known, clusterDomain: string): readonly PathLink[] {
  const { diagnosis, spec, round } = record;
  const silence = isBySilence(record) ? record.silence : undefined;
  const isInside = isInZone(endOf(record), clusterDomain) && diagnosis.blame !== 'upstream_dns';
  const places = (Object.keys(PLACES) as Place[]).filter(
    (place) => !isInside || !OUTSIDE.has(place),
  );
  const broken = brokenPlace(diagnosis, places);
  const at = broken ? places.indexOf(broken) : -1;
  const isTargetFound = record.roundTarget === spec.target && hasAddress(round?.target);
  const { up, verdict } = diagnosis;
  const linkState = (place: Place, i: number): LinkState => {
    if (i === 0 || VERDICTS[verdict].state === 'good') return 'ok';
    if (at < 0) return 'unknown';
    if (i === at) return up === 1 ? 'impaired' : 'broken';
    if (silence) return isUp(place, silence) ? 'ok' : 'unknown';
    if (i < at || up === 1) return 'ok';
    return isTargetFound && OUTSIDE.has(place) ? 'ok' : 'unknown';
  };
  return places.map((place, i) => ({
    place,
    meaning: PLACES[place].meaning,
    state: linkState(place, i),
  }));
}

/** Whether the verdict rests on the silence, and not on the last round with queries. */
export function isBySilence({
  silence,
  diagnosis,
}: Pick<ServiceRecord, 'silence' | 'diagnosis'>): boolean {
  return silence !== undefined && silence === diagnosis.blame;
}

function brokenPlace({ verdict, blame }: Diagnosis, places: readonly Place[]): Place | undefined {
  const own: Place | null = VERDICTS[verdict].place;
  const ofBlame: readonly Place[] = BLAMES[blame].places;
  if (own && ofBlame.includes(own)) return own;
  return ofBlame.find((place) => places.includes(place));
}

/** Whether the control query shows that a place works, although the Service was not asked. */
function isUp(place: Place, silence: Silence): boolean {
  return silence === 'upstream_dns' && place === 'cluster_dns';
}

function hasAddress(hop: Round['target'] = {}): boolean {
  return Object.values(hop).some(({ outcome }) => outcome === 'ok');
}
