/** What there is to ask for: the families of docs/metrics.md with their labels, and those of the process. */
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import { readText } from '../manifests/yaml.ts';

export interface Series {
  readonly type: string;
  readonly labels: ReadonlySet<string>;
  readonly isPerService: boolean;
}

/** From the scrape, not from us: `vantage` tells what single nodes see. */
export const TARGET_LABELS = ['cluster', 'job', 'instance', 'pod', 'vantage'];

const PER_SERVICE = new Set(SERVICE_FAMILIES.map(({ name }) => name));

/** By the names that Prometheus stores. */
export async function seriesByName(): Promise<ReadonlyMap<string, Series>> {
  const found = new Map<string, Series>();
  const add = (name: string, type: string, labels: readonly string[]) => {
    const isPerService = PER_SERVICE.has(name);
    const all = new Set([
      ...labels,
      ...(isPerService ? ['namespace', 'service'] : []),
      ...TARGET_LABELS,
    ]);
    if (type !== 'histogram') {
      found.set(name, { type, labels: all, isPerService });
      return;
    }
    const part = { type: 'counter', labels: all, isPerService };
    for (const suffix of ['_sum', '_count']) found.set(name + suffix, part);
    found.set(`${name}_bucket`, { ...part, labels: new Set([...all, 'le']) });
  };
  for (const [name, type, labels] of documented()) add(name, type, labels);
  for (const [name, type, labels] of await ofTheProcess()) add(name, type, labels);
  return found;
}

type Row = readonly [name: string, type: string, labels: readonly string[]];

function documented(): Row[] {
  const rows = readText('docs/metrics.md').matchAll(
    /^\| `(externalname_\w+)` \| (\w+) \|(.*)\|$/gm,
  );
  return [...rows].map(([, name = '', type = '', labels = '']) => {
    return [name, type, [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label)];
  });
}

/** Those of prom-client's default collectors that the monitor has; their labels are not ours to document. */
async function ofTheProcess(): Promise<Row[]> {
  const text = await new MonitorMetrics(30_000, { version: '0', node_version: '0' }).text();
  return [...text.matchAll(/^# TYPE ((?:process|nodejs)_\w+) (\w+)$/gm)].map(
    ([, name = '', type = '']) => [name, type, ['kind', 'space']],
  );
}
