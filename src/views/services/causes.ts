/** Finds the common cause of Services with a fault: the broadest cause first. */
import type { Blame } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { type Domains, isFailing, MANY } from './domains.ts';
import { editBefore } from './edit-before.ts';

/**
 * The lowest rank is the broadest cause; between equal ranks the size decides. `edit`: one field
 * manager edited all of them; `others`: they share only the blame.
 */
const RANKS = {
  cluster_dns: 0,
  upstream_dns: 1,
  edit: 2,
  domain: 2,
  target: 2,
  others: 3,
} as const;
type Kind = keyof typeof RANKS;

export interface Cause {
  readonly kind: Kind;
  /**
   * The field manager, the domain or the target; for `others` the target if they share it; else
   * empty.
   */
  readonly name: string;
  readonly blame: Blame;
  readonly services: readonly ServiceRecord[];
  /** The failing Services without an address for pods. */
  readonly down: readonly ServiceRecord[];
}

/**
 * The causes of the faults of `bad`, each Service in one of them. The order: causes with Services
 * that are down, then the broader cause if it explains at least `MANY`, then the larger one.
 */
export function causesOf(
  bad: readonly ServiceRecord[],
  domains: Pick<Domains, 'of' | 'isWhole'>,
): readonly Cause[] {
  const causes: Cause[] = [];
  let rest = bad;
  const take = (kind: Kind, nameOf: (record: ServiceRecord) => string | undefined): void => {
    const taken = new Set<ServiceRecord>();
    for (const [name, services] of Map.groupBy(rest, nameOf)) {
      if (name === undefined || services.length < MANY) continue;
      if (kind === 'domain' && !domains.isWhole(name, services.length)) continue;
      const target = kind === 'domain' ? sharedTarget(services) : undefined;
      causes.push(target ? causeOf('target', target, services) : causeOf(kind, name, services));
      for (const service of services) taken.add(service);
    }
    rest = rest.filter((record) => !taken.has(record));
  };
  take('cluster_dns', ({ diagnosis }) => (diagnosis.blame === 'cluster_dns' ? '' : undefined));
  const ofUpstream = rest.filter(({ diagnosis }) => diagnosis.blame === 'upstream_dns');
  // If the resolvers fail for only one domain, the domain is the cause.
  if (new Set(ofUpstream.map(({ spec }) => domains.of(spec.key))).size > 1)
    take('upstream_dns', ({ diagnosis }) => (diagnosis.blame === 'upstream_dns' ? '' : undefined));
  take('edit', editorOf);
  take('domain', (record) => (isFailing(record) ? domains.of(record.spec.key) : undefined));
  take('target', ({ spec }) => spec.target);
  for (const services of Map.groupBy(rest, ({ diagnosis }) => diagnosis.blame).values())
    causes.push(causeOf('others', sharedTarget(services) ?? '', services));
  return causes.sort(
    (a, b) =>
      Number(b.down.length > 0) - Number(a.down.length > 0) ||
      RANKS[a.kind] - RANKS[b.kind] ||
      b.down.length - a.down.length ||
      b.services.length - a.services.length,
  );
}

function causeOf(kind: Kind, name: string, services: readonly ServiceRecord[]): Cause {
  const down = services.filter(({ diagnosis }) => diagnosis.up === 0);
  const worst = (down.length > 0 ? down : services)[0];
  return { kind, name, blame: worst?.diagnosis.blame ?? 'none', services, down };
}

function sharedTarget(services: readonly ServiceRecord[]): string | undefined {
  const target = services[0]?.spec.target;
  return services.length > 1 && services.every(({ spec }) => spec.target === target)
    ? target
    : undefined;
}

/** The last editor, if the edit may be the cause; '' if the API server does not give the editor. */
function editorOf(record: ServiceRecord): string | undefined {
  const edit = editBefore(record);
  return edit && (edit.by ?? '');
}
