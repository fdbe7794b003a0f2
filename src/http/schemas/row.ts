/** A Service as lists show it, and a finding as it is explained: whatever else is told of one begins with these. */
import { HOPS } from '../../model/round.ts';
import { BLAME, count, flag, LEVEL, object, RULE, seconds, text, time, VERDICT } from './shapes.ts';

export const ROW_PROPERTIES = {
  namespace: text('Of the Service.'),
  service: text('Its name.'),
  target: text('spec.externalName as written.'),
  up: {
    type: 'integer',
    enum: [0, 1],
    description: 'Whether pods get an address; absent if unknown.',
  },
  verdict: VERDICT,
  blame: BLAME,
  evidence: text('What the blame rests on; absent where the verdict says it all.'),
  since: time('Since when that has been the verdict.'),
  lastProbe: time('End of the last round.'),
  latency: object(
    Object.fromEntries(
      HOPS.map((hop) => [
        hop,
        seconds('In seconds; absent without a reply, or if the time was not measured.'),
      ]),
    ),
    HOPS,
    'Of the last round: the slower one of both address types.',
  ),
  drift: object(
    {
      moves: count('Changes that mean that the target has moved.'),
      lastMove: time('The last of these.'),
      rotations: count('Changes that are normal for pools.'),
    },
    ['lastMove'],
  ),
  disagrees: flag('Reference resolvers contradict cluster DNS; absent where they are not asked.'),
} as const;

export const OPTIONAL_IN_ROW = ['up', 'evidence', 'lastProbe', 'disagrees'];

export const ROW = object(
  { ...ROW_PROPERTIES, findings: { type: 'array', items: object({ rule: RULE, level: LEVEL }) } },
  OPTIONAL_IN_ROW,
);

export const EXPLAINED = {
  rule: RULE,
  level: LEVEL,
  detail: text('The corrected name, the offending address.'),
  meaning: text('What it says of the Service.'),
  advice: text('What to try first.'),
} as const;
