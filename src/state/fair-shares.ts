/** What a namespace wants of a bounded number of places. */
export interface Claim {
  readonly name: string;
  readonly wanted: number;
  /** What it has already. */
  readonly has: number;
}

/**
 * Max-min fair shares: a namespace gets what it wants, or as much as any other. Places that do not divide evenly stay
 * with namespaces that have one more already, so that no share changes without need, and then go by name.
 */
export function fairShares<C extends Claim>(
  claims: readonly C[],
  places: number,
): ReadonlyMap<C, number> {
  const wanted = Float64Array.from(claims, (claim) => claim.wanted).sort();
  let left = places;
  let unmet = wanted.length;
  for (const want of wanted) {
    if (want * unmet > left) break;
    left -= want;
    unmet--;
  }
  const level = unmet > 0 ? Math.floor(left / unmet) : Number.POSITIVE_INFINITY;
  const shares = new Map(claims.map((claim) => [claim, Math.min(claim.wanted, level)]));
  if (unmet === 0) return shares;
  const extra = left - level * unmet;
  for (const claim of withMore(claims, level, extra)) shares.set(claim, level + 1);
  return shares;
}

/** Those of the claims beyond `level` that get one place more. */
function withMore<C extends Claim>(claims: readonly C[], level: number, count: number): C[] {
  const unmet = claims.filter(({ wanted }) => wanted > level);
  const have = unmet.filter(({ has }) => has > level);
  const others = have.length < count ? unmet.filter(({ has }) => has <= level) : [];
  return [...have.sort(byName), ...others.sort(byName)].slice(0, count);
}

function byName(one: Claim, other: Claim): number {
  return one.name < other.name ? -1 : 1;
}
