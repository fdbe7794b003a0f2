/** Groups the rows of a list. */
import { BLAMES, isTrouble } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { type Cause, causesOf } from './causes.ts';
import type { Domains } from './domains.ts';

type Known = Pick<Domains, 'of' | 'isWhole'>;

/** What rows can be grouped by: each way makes a function that names the group of a Service. */
export const GROUPINGS = {
  cause: {
    by: 'the common cause of their faults',
    of: (records, domains) => {
      const names = new Map<ServiceRecord, string>();
      const bad = records.filter(({ diagnosis }) => isTrouble(diagnosis.verdict));
      for (const cause of causesOf(bad, domains)) {
        for (const record of cause.services) names.set(record, causeName(cause));
      }
      return (record) => names.get(record) ?? 'No fault';
    },
  },
  domain: {
    by: 'the domain of the target',
    of:
      (_records, domains) =>
      ({ spec }) =>
        domains.of(spec.key) ?? 'Targets in the cluster, and IP addresses',
  },
  target: { by: 'the target', of: () => (record) => record.spec.target },
  namespace: { by: 'the namespace', of: () => (record) => record.spec.namespace },
} as const satisfies Record<
  string,
  {
    readonly by: string;
    readonly of: (
      records: readonly ServiceRecord[],
      domains: Known,
    ) => (record: ServiceRecord) => string;
  }
>;

export type Grouping = keyof typeof GROUPINGS;

function causeName({ kind, name, blame }: Cause): string {
  switch (kind) {
    case 'cluster_dns':
    case 'upstream_dns':
      return `Because of ${BLAMES[blame].label}`;
    case 'edit':
      return name === '' ? 'Failing after an edit' : `Failing after an edit by ${name}`;
    case 'domain':
      return `Domain ${name}`;
    case 'target':
      return `Target ${name}`;
    case 'others':
      return `Single faults: ${BLAMES[blame].label}`;
  }
}

export interface Grouped {
  readonly record: ServiceRecord;
  /** The name of the group, and the number of its Services in the list. */
  readonly group: { readonly name: string; readonly services: number };
}

/** The same records, those of a group together; a group stands where its first record stood. */
export function grouped(
  records: readonly ServiceRecord[],
  grouping: Grouping,
  domains: Known,
): readonly Grouped[] {
  const nameOf = GROUPINGS[grouping].of(records, domains);
  return [...Map.groupBy(records, nameOf)].flatMap(([name, members]) => {
    const group = { name, services: members.length };
    return members.map((record) => ({ record, group }));
  });
}
