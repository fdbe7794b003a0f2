/**
 * Prometheus's protobuf exposition format: messages `io.prometheus.client.MetricFamily`, each after its length. The fields are
 * those of `io/prometheus/client/metrics.proto` (github.com/prometheus/client_model):
 *
 *     MetricFamily { name = 1, help = 2, type = 3, repeated Metric metric = 4 }
 *     Metric       { repeated LabelPair label = 1, Gauge gauge = 2, Counter counter = 3, Histogram histogram = 7 }
 *     LabelPair    { name = 1, value = 2 }
 *     Gauge, Counter { double value = 1 }
 *     Histogram    { uint64 sample_count = 1, double sample_sum = 2, repeated Bucket bucket = 3, sint32 schema = 5,
 *                    double zero_threshold = 6, repeated BucketSpan positive_span = 12, repeated sint64 positive_delta = 13 }
 *     Bucket       { uint64 cumulative_count = 1, double upper_bound = 2 }
 *     BucketSpan   { sint32 offset = 1, uint32 length = 2 }
 */
import type { NativeHistogram } from '../state/histogram.ts';
import type { FamilyHead, MetricType } from './text.ts';

export const PROTOBUF_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const TYPES: Readonly<Record<MetricType, number>> = { counter: 0, gauge: 1, histogram: 4 };
/** The field of a `Metric` that holds the value. */
const VALUE_FIELDS: Readonly<Record<MetricType, number>> = { gauge: 2, counter: 3, histogram: 7 };
/** Nothing is as near to zero; without it an empty histogram would not be known as a native one. */
const ZERO_THRESHOLD = 2 ** -128;
/** A field with a double, and one that holds only that, in bytes. */
const DOUBLE_SIZE = 9;
const VALUE_SIZE = 2 + DOUBLE_SIZE;
/** Of a whole number up to 2^53, in bytes. */
const MOST_VARINT = 8;
/** Empty buckets between others: so many take less room than another span does. */
const MOST_EMPTY = 2;

/** What a `Histogram` has in both ways of counting. */
export interface HistogramFields {
  readonly count: number;
  readonly sum: number;
  /** Cumulated, each with its upper bound, without that of +Inf, which is `count`. */
  readonly buckets: readonly (readonly [bound: number, count: number])[];
  readonly native?: NativeHistogram | undefined;
}

/** Labels as fields of a `Metric`. */
export function labelBytes(labels: Readonly<Record<string, string>>): Buffer {
  const writer = new Writer();
  for (const [name, value] of Object.entries(labels)) {
    writer.message(1, () => {
      writer.text(1, name);
      writer.text(2, value);
    });
  }
  return Buffer.from(writer.take());
}

/** A `MetricFamily` up to its metrics, after the length of all of it; `length` is that of its metrics. */
export function familyBytes({ name, help, type }: FamilyHead, length: number): Buffer {
  const writer = new Writer();
  writer.text(1, name);
  writer.text(2, help);
  writer.int(3, TYPES[type]);
  const fields = Buffer.from(writer.take());
  writer.varint(fields.length + length);
  return Buffer.concat([writer.take(), fields]);
}

/** The metrics of a `MetricFamily`, one after the other. */
export class MetricWriter {
  readonly #writer = new Writer();

  get length(): number {
    return this.#writer.length;
  }

  /** `labels`: as fields of a `Metric`. */
  value(type: MetricType, labels: readonly Buffer[], value: number): void {
    const writer = this.#writer;
    // Most samples are of this kind, and all of one size beside their labels.
    writer.varint((4 << 3) | 2);
    writer.varint(labels.reduce((sum, { length }) => sum + length, VALUE_SIZE));
    for (const bytes of labels) writer.raw(bytes);
    writer.varint((VALUE_FIELDS[type] << 3) | 2);
    writer.varint(DOUBLE_SIZE);
    writer.double(1, value);
  }

  histogram(labels: readonly Buffer[], { count, sum, buckets, native }: HistogramFields): void {
    const writer = this.#writer;
    this.#metric(labels, VALUE_FIELDS.histogram, () => {
      writer.int(1, count);
      writer.double(2, sum);
      for (const [bound, below] of buckets) {
        writer.message(3, () => {
          writer.int(1, below);
          writer.double(2, bound);
        });
      }
      if (native) writeNative(writer, native);
    });
  }

  /** What has been written, good until more is. */
  take(): Buffer {
    return this.#writer.take();
  }

  #metric(labels: readonly Buffer[], field: number, body: () => void): void {
    this.#writer.message(4, () => {
      for (const bytes of labels) this.#writer.raw(bytes);
      this.#writer.message(field, body);
    });
  }
}

function writeNative(writer: Writer, { schema, first, counts }: NativeHistogram): void {
  const spans = spansOf(counts);
  writer.int(5, zigzag(schema));
  writer.double(6, ZERO_THRESHOLD);
  let end = 0;
  for (const { start, length } of spans) {
    writer.message(12, () => {
      writer.int(1, zigzag(first + start - end));
      writer.int(2, length);
    });
    end = first + start + length;
  }
  let before = 0;
  writer.message(13, () => {
    for (const { start, length } of spans) {
      for (let at = start; at < start + length; at++) {
        const count = counts[at] ?? 0;
        writer.varint(zigzag(count - before));
        before = count;
      }
    }
  });
}

interface Span {
  readonly start: number;
  length: number;
}

/** Buckets that are not empty, with the few empty ones between them. */
function spansOf(counts: readonly number[]): Span[] {
  const spans: Span[] = [];
  let last: Span | undefined;
  for (let at = 0; at < counts.length; at++) {
    if (counts[at] === 0) continue;
    if (last && at - last.start - last.length <= MOST_EMPTY) last.length = at - last.start + 1;
    else {
      last = { start: at, length: 1 };
      spans.push(last);
    }
  }
  return spans;
}

/** Signed as unsigned: those near zero are short. */
function zigzag(value: number): number {
  return value >= 0 ? 2 * value : -2 * value - 1;
}

/** The wire format. */
class Writer {
  length = 0;
  #bytes = Buffer.allocUnsafeSlow(1_024);

  varint(value: number): void {
    this.#reserve(MOST_VARINT);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80);
    this.#byte(rest);
  }

  int(field: number, value: number): void {
    this.varint(field << 3);
    this.varint(value);
  }

  double(field: number, value: number): void {
    this.varint((field << 3) | 1);
    this.#reserve(8);
    this.length = this.#bytes.writeDoubleLE(value, this.length);
  }

  text(field: number, text: string): void {
    this.message(field, () => {
      this.#reserve(text.length * 3);
      this.length += this.#bytes.write(text, this.length);
    });
  }

  raw(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.length += bytes.copy(this.#bytes, this.length);
  }

  /** A field with its length before it, which is known when `body` has written it. */
  message(field: number, body: () => void): void {
    this.varint((field << 3) | 2);
    this.#reserve(MOST_VARINT);
    const start = ++this.length;
    body();
    const size = this.length - start;
    if (size < 0x80) {
      this.#bytes[start - 1] = size;
      return;
    }
    let more = 0;
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 0x80)) more++;
    this.#reserve(more);
    this.#bytes.copyWithin(start + more, start, this.length);
    this.length = start - 1;
    this.varint(size);
    this.length += size;
  }

  /** What has been written, good until more is. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  #byte(value: number): void {
    this.#bytes[this.length++] = value;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.length + count));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
