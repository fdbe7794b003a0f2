/** Lists of a policy; what is absent is not judged. */
export interface PolicyLists {
  /** Targets must be one of these names or lie below one: lower case, without their last dot; `''` is the root. */
  readonly allowedSuffixes?: readonly string[];
  /** Answered addresses must lie in one of these networks, as `10.0.0.0/8`. */
  readonly allowedCidrs?: readonly string[];
  /** Answered addresses must not lie in these, even where the list above has them. */
  readonly deniedCidrs?: readonly string[];
}

/** Where ExternalName Services may lead. Only audited: nothing is kept from resolving. */
export interface Policy extends PolicyLists {
  /** A list that a namespace has replaces the global one for it. */
  readonly namespaces: ReadonlyMap<string, PolicyLists>;
}

/** Everything is allowed. */
export const NO_POLICY: Policy = { namespaces: new Map() };

/** What a policy says of one Service; both absent where it has nothing against it. */
export interface PolicyDecision {
  /** Why the target is not allowed. */
  readonly target?: string;
  /** The address that is not allowed; the first in the order of text, if there are several. */
  readonly address?: string;
}
