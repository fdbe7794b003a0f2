/**
 * The addresses of a network of pods: one /24 of 198.18.0.0/15, which is reserved for network tests
 * (RFC 2544), so no host has them and the Internet does not route them.
 */
export interface PodAddresses {
  /**
   * The interface on the machine's side. No two networks can have the same one at the same time.
   */
  readonly link: string;
  /** The whole range, as CIDR. */
  readonly range: string;
  /** The router between clients and pods. */
  readonly node: string;
  /** The default address of the machine's sockets: the monitor's. */
  readonly monitor: string;
  /** The address of another client on the same machine. */
  readonly bystander: string;
  /** The prefix length of the clients' subnet. */
  readonly clientsLength: number;
  /** Both ends of the link to the pod of this number, from 0; undefined when all have been used. */
  readonly pod: (index: number) => { readonly gateway: string; readonly ip: string } | undefined;
  /** The cluster IPs of Services, as CIDR. */
  readonly serviceRange: string;
  /** The cluster IP of kube-dns: the tenth, the same as in kubeadm. */
  readonly vip: string;
}

/** Maximum number of networks at the same time. */
export const slots = 512;

/** The addresses of the network in this slot. */
export function podAddresses(slot: number): PodAddresses {
  const at = (last: number) => `198.${18 + Math.floor(slot / 256)}.${slot % 256}.${last}`;
  return {
    link: `dnslab${slot}`,
    range: `${at(0)}/24`,
    node: at(1),
    monitor: at(2),
    bystander: at(3),
    clientsLength: 29,
    pod: (index) => {
      const last = 8 + 2 * index;
      return last < 128 ? { gateway: at(last), ip: at(last + 1) } : undefined;
    },
    serviceRange: `${at(128)}/25`,
    vip: at(138),
  };
}
