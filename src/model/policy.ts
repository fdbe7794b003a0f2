/** Lists of a policy. An absent list is not checked. */
export interface PolicyLists {
  /**
   * A target must equal one of these names or lie below one. Names are lower case, without their
   * last dot; `''` is the root.
   */
  readonly allowedSuffixes?: readonly string[];
  /** Answered addresses must lie in one of these networks, such as `10.0.0.0/8`. */
  readonly allowedCidrs?: readonly string[];
  /** Answered addresses must not lie in these networks, even if the list above contains them. */
  readonly deniedCidrs?: readonly string[];
}

/**
 * Allowed targets and addresses of ExternalName Services. The policy is an audit: it does not
 * prevent any name from resolving.
 */
export interface Policy extends PolicyLists {
  /** A list of a namespace replaces the global list for that namespace. */
  readonly namespaces: ReadonlyMap<string, PolicyLists>;
}

/** Everything is allowed. */
export const NO_POLICY: Policy = { namespaces: new Map() };

/** The decision of a policy about one Service; both fields are absent if the policy allows it. */
export interface PolicyDecision {
  /** Why the target is not allowed. */
  readonly target?: string;
  /** The address that is not allowed; the first in text order if there are several. */
  readonly address?: string;
}
