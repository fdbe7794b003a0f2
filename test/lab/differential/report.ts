/** The results of a run as text. */
import { inspect } from '../../../src/dns/inspect.ts';
import type { FailoverDifference } from './known-failover-differences.ts';
import type { FamilyDifference } from './known-reading-differences.ts';
import { ADDRESS_TYPES } from './replies.ts';

/** A row of a table of differences. */
export interface Reason {
  readonly reason: string;
}

/** How often each row of a table explained a difference, and the differences without a row. */
export interface Explained<T> {
  readonly counts: ReadonlyMap<Reason, number>;
  readonly unexplained: readonly T[];
}

export function summary<T>(title: string, { counts, unexplained }: Explained<T>): string {
  const rows = [...counts].map(([{ reason }, count]) => `${String(count).padStart(8)}  ${reason}`);
  return [`${title}: ${unexplained.length} differences without a reason`, ...rows].join('\n');
}

export function describeReading(difference: FamilyDifference): string {
  const { client, case: one, type, missing, extra, error = 'none' } = difference;
  return [
    `${client.name} on ${one.name}, ${type}: missing ${missing.join(' ') || 'none'}; extra ${extra.join(' ') || 'none'}; error ${error}`,
    ...one.generated.map((asked) => `  ${asked} ${describeReply(one.replies[asked])}`),
  ].join('\n');
}

export function describeFailover({ case: one, real, ours }: FailoverDifference): string {
  const outcomes = ADDRESS_TYPES.map((type) => ours.hop[type]?.outcome ?? 'not asked');
  return [
    `case ${one.index}, options ${one.options || 'none'}:`,
    `  glibc: ${real.addresses.join(' ')} ${real.error ?? ''}`,
    `  ours: ${ours.addresses.join(' ')} (${outcomes.join(', ')})`,
    ...ADDRESS_TYPES.map((type) => {
      const servers = one.steps[type].map(
        ({ udp, tcp }) => `${udp.join(', ')} (TCP: ${tcp.join(', ')})`,
      );
      return `  ${type}: ${servers.join('; then ')}`;
    }),
  ].join('\n');
}

function describeReply(message: Buffer): string {
  const { flags, rcode, records, bytes, fault } = inspect(message);
  const lines = records.map(
    ({ section, name, type, ttl, data }) => `    ${section} ${name} ${ttl} ${type} ${data}`,
  );
  const head = `${rcode} ${flags.join(' ')}, ${bytes} bytes${fault ? `; ${fault}` : ''}`;
  return [head, ...lines, `    ${message.toString('hex')}`].join('\n');
}
