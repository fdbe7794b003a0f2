/** The place on the path from a pod to an address where a Service's name breaks. */
import { PLACES, type Place } from '../../model/place.ts';
import { BLAMES, VERDICTS } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { object, text, type Value, wordOf, words } from '../schema.ts';

const LINK_STATES = ['ok', 'impaired', 'broken', 'unknown'] as const;
export type LinkState = (typeof LINK_STATES)[number];

export const PATH_LINK = object({
  place: wordOf(PLACES, 'A place on the way from a pod to an address.'),
  meaning: text('What that is.'),
  state: words(LINK_STATES, 'unknown: behind what is broken, or not judged yet.'),
});
export type PathLink = Value<typeof PATH_LINK>;

/**
 * Every place with its state. All places before the broken one work; the state of the places after
 * it is unknown.
 */
export function pathOf({ diagnosis }: Pick<ServiceRecord, 'diagnosis'>): readonly PathLink[] {
  const { up, verdict, blame } = diagnosis;
  const places = Object.keys(PLACES) as Place[];
  const broken = VERDICTS[verdict].place ?? BLAMES[blame].place;
  const at = broken ? places.indexOf(broken) : -1;
  const linkState = (i: number): LinkState => {
    if (i === 0 || VERDICTS[verdict].state === 'good') return 'ok';
    if (at < 0) return 'unknown';
    if (i === at) return up === 1 ? 'impaired' : 'broken';
    return i < at || up === 1 ? 'ok' : 'unknown';
  };
  return places.map((place, i) => ({ place, meaning: PLACES[place].meaning, state: linkState(i) }));
}
