import type { Transport } from './fault.ts';

/** Blocked packets between clients and pods: all conditions must hold. */
export interface Block {
  /** The client's address; every client by default. */
  readonly client?: string;
  /** The pod's address, also for queries through the VIP; every pod by default. */
  readonly pod?: string;
  /** Both by default. */
  readonly transport?: Transport;
  /** The random fraction of packets in either direction that is dropped; all by default. */
  readonly fraction?: number;
  /** Refuses clients by ICMP, which the kernel sends only a few times per second. */
  readonly refuse?: boolean;
}

/**
 * The rules (nft) of a node, which replace its earlier ones: each new flow to `vip` is routed to a
 * random pod of `pods`, like by kube-proxy, and blocked packets are dropped.
 */
export function vipRules(vip: string, pods: readonly string[], blocks: Iterable<Block>): string {
  const choice = pods.map((pod, index) => `${index} : ${pod}`).join(', ');
  const leads = (transport: Transport) =>
    `ip daddr ${vip} ${transport} dport 53 dnat to numgen random mod ${pods.length} map { ${choice} }`;
  return `
    table ip node
    delete table ip node
    table ip node {
      chain services {
        type nat hook prerouting priority dstnat;
        ${pods.length > 0 ? [leads('udp'), leads('tcp')].join('\n') : ''}
      }
      chain blocks {
        type filter hook forward priority filter;
        ${[...blocks].flatMap(blockRules).join('\n')}
      }
    }`;
}

/** Both directions, the one to the pod first. Addresses here are the pods', not the VIP. */
function blockRules({ client, pod, transport, fraction, refuse = false }: Block): string[] {
  const rule = (source: string | undefined, target: string | undefined, port: 'dport' | 'sport') =>
    [
      source === undefined ? '' : `ip saddr ${source}`,
      target === undefined ? '' : `ip daddr ${target}`,
      transport === undefined
        ? `meta l4proto { tcp, udp } th ${port} 53`
        : `${transport} ${port} 53`,
      fraction === undefined ? '' : `numgen random mod 1000 < ${Math.round(fraction * 1_000)}`,
    ].join(' ');
  const there = `${rule(client, pod, 'dport')} ${refuse ? 'reject' : 'drop'}`;
  return refuse ? [there] : [there, `${rule(pod, client, 'sport')} drop`];
}
