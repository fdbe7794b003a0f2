import type { Registry } from 'prom-client';
import { familyBytes, type HistogramFields, labelBytes, MetricWriter } from './protobuf.ts';
import type { MetricType } from './text.ts';

type Collected = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;
/** prom-client's declaration leaves the name out, which samples of histograms have. */
type CollectedValue = Collected[number]['values'][number] & { readonly metricName?: string };

/** Families of prom-client in the protobuf format. */
export function collected(families: Collected): Buffer {
  return Buffer.concat(
    families.map(({ name, help, type: word, values }) => {
      // As text, though declared as a number.
      const type = String(word) as MetricType;
      const writer = new MetricWriter();
      if (type === 'histogram') {
        for (const [labels, fields] of histogramsOf(name, values)) {
          writer.histogram([labelsOf(JSON.parse(labels))], fields);
        }
      } else {
        for (const { value, labels } of values) writer.value(type, [labelsOf(labels)], value);
      }
      if (writer.length === 0) return Buffer.alloc(0);
      return Buffer.concat([familyBytes({ name, help, type }, writer.length), writer.take()]);
    }),
  );
}

interface Mutable {
  count: number;
  sum: number;
  readonly buckets: [number, number][];
}

/** Its series put together again, by their labels without `le`. */
function histogramsOf(
  name: string,
  values: readonly CollectedValue[],
): Map<string, HistogramFields> {
  const histograms = new Map<string, Mutable>();
  for (const { metricName, labels, value } of values) {
    const { le, ...others } = labels;
    const key = JSON.stringify(others);
    const fields = histograms.get(key) ?? { count: 0, sum: 0, buckets: [] };
    histograms.set(key, fields);
    if (metricName === `${name}_sum`) fields.sum = value;
    else if (metricName === `${name}_count`) fields.count = value;
    else if (le !== '+Inf') fields.buckets.push([Number(le), value]);
  }
  return histograms;
}

function labelsOf(labels: Readonly<Record<string, string | number | undefined>>): Buffer {
  const named = Object.entries(labels).filter(([, value]) => value !== undefined);
  return labelBytes(Object.fromEntries(named.map(([name, value]) => [name, String(value)])));
}
