/** Kinds of change in the answer for a target. A public contract, like the outcomes. */
export const CHANGE_KINDS = {
  addresses: 'the set of addresses has changed; normal for pools that rotate',
  replaced: 'none of the addresses was seen before: a failover, perhaps inside one network',
  network: 'all addresses are in networks that were not seen before: the target has moved',
  chain: 'the CNAME chain is new: another provider, or another name behind the target',
} as const;

export type ChangeKind = keyof typeof CHANGE_KINDS;
