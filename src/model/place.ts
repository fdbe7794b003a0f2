interface PlaceRow {
  readonly meaning: string;
  readonly label: string;
}

/** The places on the path from a pod to an address, in order. */
export const PLACES = {
  pod: { meaning: 'the pod that asks', label: 'Pod' },
  cluster_dns: { meaning: 'cluster DNS, which must answer at all', label: 'Cluster DNS' },
  cname: { meaning: 'the CNAME that it serves, which must be spec.externalName', label: 'CNAME' },
  upstream: {
    meaning: 'the resolvers that cluster DNS forwards to',
    label: 'Upstream DNS',
  },
  name_servers: {
    meaning: 'the name servers of the domain of the target',
    label: 'Name servers',
  },
  addresses: { meaning: 'the addresses at the end', label: 'Addresses' },
} as const satisfies Record<string, PlaceRow>;

export type Place = keyof typeof PLACES;
