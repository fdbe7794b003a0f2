/** Kinds of change in the answer for a target. A public contract, like the outcomes. */
export const CHANGE_KINDS = {
  addresses: 'the set of addresses is not the one before; normal for pools that rotate',
  replaced: 'none of the addresses was seen before: a failover, perhaps inside one network',
  network: 'none of the addresses lies in a network that was seen before: the target has moved',
  chain:
    'the CNAME chain is one that was not seen before: another provider, or another name behind the name',
} as const;

export type ChangeKind = keyof typeof CHANGE_KINDS;
