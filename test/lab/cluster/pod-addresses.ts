/**
 * Which addresses a network of pods has: one /24 of 198.18.0.0/15, which is set aside for tests of
 * networks (RFC 2544) and is neither that of a host nor routed on the Internet.
 */
export interface PodAddresses {
  /** The interface on the machine's side, which no two networks at a time can both have. */
  readonly link: string;
  /** All of it, as CIDR. */
  readonly range: string;
  /** The router between clients and pods. */
  readonly node: string;
  /** What the machine's sockets have unless they say otherwise: the monitor's. */
  readonly monitor: string;
  /** Another client's, on the same machine. */
  readonly bystander: string;
  /** The clients' subnet's length. */
  readonly clientsLength: number;
  /** Both ends of the link to the pod of this number, from 0; undefined when all have been used. */
  readonly pod: (index: number) => { readonly gateway: string; readonly ip: string } | undefined;
  /** The cluster IPs of Services, as CIDR. */
  readonly serviceRange: string;
  /** The cluster IP of kube-dns: the tenth of them, as kubeadm has it. */
  readonly vip: string;
}

/** How many networks there can be at a time. */
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
