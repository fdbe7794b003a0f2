/** Whether cluster DNS serves the zone of the cluster domain. */
export const ZONE_STATES = {
  served: 'cluster DNS serves the zone of the cluster domain',
  lost: 'cluster DNS denies the control name, and no alias is served, though it has served the zone before',
  unproven: 'cluster DNS denies the control name, and has never served this cluster domain',
} as const;

export type ZoneState = keyof typeof ZONE_STATES;
