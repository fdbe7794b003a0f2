import type { Transport } from './fault.ts';

/** Packets between clients and pods that do not pass: those that fit all that is given. */
export interface Block {
  /** The client's address; every client by default. */
  readonly client?: string;
  /** The pod's address, also where it was asked through the VIP; every pod by default. */
  readonly pod?: string;
  /** Both by default. */
  readonly transport?: Transport;
  /** The fraction of packets in either direction that is dropped, by chance; all by default. */
  readonly fraction?: number;
  /** Tells clients that they are refused: by ICMP, which the kernel sends each but a few times a second. */
  readonly refuse?: boolean;
}

/**
 * The rules (nft) of a node, in place of those that it had: `vip` leads to one of `pods` by chance for
 * each new flow, as kube-proxy makes it, and blocked packets do not pass.
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

/** Both directions; the one to the pod first. Addresses here are the pods', not the VIP. */
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
