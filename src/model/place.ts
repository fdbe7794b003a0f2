interface PlaceRow {
  readonly meaning: string;
  readonly label: string;
}

/** The places on the path from a pod to an address, in order. */
export const PLACES = {
  pod: { meaning: 'the pod that looks up the name', label: 'Pod' },
  cluster_dns: { meaning: 'cluster DNS, which must reply', label: 'Cluster DNS' },
  cname: {
    meaning: 'the CNAME that cluster DNS serves; it must be spec.externalName',
    label: 'CNAME',
  },
  upstream: {
    meaning: 'the resolvers that cluster DNS forwards to',
    label: 'Upstream DNS',
  },
  name_servers: {
    meaning: 'the name servers of the domain of the target',
    label: 'Name servers',
  },
  addresses: { meaning: 'the addresses that pods get', label: 'Addresses' },
} as const satisfies Record<string, PlaceRow>;

export type Place = keyof typeof PLACES;
