/** The cluster domain of the demo. */
export const scenarioZone = 'cluster.local';
