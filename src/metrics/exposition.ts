import { DURATION_BUCKETS, type Histogram } from '../state/histogram.ts';
import type { ServiceRecord } from '../state/record.ts';
import { Labels } from './labels.ts';
import { familyBytes, labelBytes, MetricWriter } from './protobuf.ts';
import type { Samples, ServiceFamily, Shown } from './service-families.ts';
import { headOf, labelsOf, type MetricType, numberText } from './text.ts';

/** About so many characters are gathered before they are written as bytes. */
const CHUNK = 262_144;
/** Of one character in UTF-8, as JavaScript counts them. */
const MOST_BYTES = 3;

const EMPTY = Buffer.alloc(0);

/** The defaults of the options. */
const USUAL: Shown = { clusterDomain: 'cluster.local', findingLevel: 'warning' };

/** The per-Service families, rendered from the records when they are asked for: no text of a Service is kept. */
export class ServiceExposition {
  readonly #records: ReadonlyMap<string, ServiceRecord>;
  readonly #families: readonly ServiceFamily[];
  readonly #shown: Shown;

  /** `families`: those that are shown, in this order. */
  constructor(
    records: ReadonlyMap<string, ServiceRecord>,
    families: readonly ServiceFamily[],
    shown: Shown = USUAL,
  ) {
    this.#records = records;
    this.#families = families;
    this.#shown = shown;
  }

  /**
   * As text, family by family as the format demands, in chunks. What is sent is a snapshot of this moment, however
   * slowly it is read, since records are never changed in place. All chunks are the same memory: each is good until
   * the next is asked for.
   */
  text(): Iterable<Buffer> {
    return textOf([...this.#records.values()], this.#families, this.#shown);
  }

  /** The same in the protobuf format, with native histograms where they are counted. Some chunks are empty. */
  protobuf(): Iterable<Buffer> {
    return protobufOf([...this.#records.values()], this.#families, this.#shown);
  }
}

function* textOf(
  records: readonly ServiceRecord[],
  families: readonly ServiceFamily[],
  shown: Shown,
): Generator<Buffer> {
  const commons = records.map(({ spec: { namespace, name: service } }) =>
    labelsOf({ namespace, service }),
  );
  const samples = new TextSamples();
  for (const family of families) {
    samples.begin(family);
    for (let i = 0; i < records.length; i++) {
      const record = records[i];
      if (!record) continue;
      samples.common = commons[i] ?? '';
      family.samples(record, samples, shown);
      if (samples.length >= CHUNK) yield samples.take();
    }
  }
  yield samples.take();
}

/** The length of a family comes before it, so each is rendered twice: its bytes are far too many to be kept until then. */
function* protobufOf(
  records: readonly ServiceRecord[],
  families: readonly ServiceFamily[],
  shown: Shown,
): Generator<Buffer> {
  const commons = records.map(({ spec: { namespace, name: service } }) =>
    labelBytes({ namespace, service }),
  );
  const samples = new ProtobufSamples();
  for (const family of families) {
    let length = 0;
    for (const { length: more } of metricsOf(family)) {
      length += more;
      // Whoever reads may pause here.
      yield EMPTY;
    }
    if (length === 0) continue;
    yield familyBytes(family, length);
    yield* metricsOf(family);
  }

  function* metricsOf(family: ServiceFamily): Generator<Buffer> {
    samples.type = family.type;
    for (let i = 0; i < records.length; i++) {
      const record = records[i];
      if (!record) continue;
      samples.common = commons[i] ?? EMPTY;
      family.samples(record, samples, shown);
      if (samples.length >= CHUNK) yield samples.take();
    }
    yield samples.take();
  }
}

/** Samples as protobuf, of one family and one Service after the other. */
class ProtobufSamples implements Samples {
  type: MetricType = 'gauge';
  /** The labels that each sample of the Service has. */
  common: Buffer = EMPTY;
  readonly #writer = new MetricWriter();

  get length(): number {
    return this.#writer.length;
  }

  value(value: number, labels?: Labels): void {
    this.#writer.value(this.type, [this.common, labels?.bytes ?? EMPTY], value);
  }

  histogram({ counts, sum, native }: Histogram, labels?: Labels): void {
    let count = 0;
    const buckets = DURATION_BUCKETS.map((bound, i) => {
      count += counts[i] ?? 0;
      return [bound, count] as const;
    });
    count += counts[DURATION_BUCKETS.length] ?? 0;
    const fields = { count, sum, buckets, native };
    this.#writer.histogram([this.common, labels?.bytes ?? EMPTY], fields);
  }

  take(): Buffer {
    return this.#writer.take();
  }
}

/** `le` of each bucket, after the other labels. */
const BOUNDS = [...DURATION_BUCKETS, '+Inf'].map((le) => new Labels({ le: String(le) }).text);

/** Samples as text, of one family and Service after the other. */
class TextSamples implements Samples {
  /** The labels that each sample of the Service has. */
  common = '';
  #name = '';
  #text = '';
  #bytes = Buffer.alloc(0);

  get length(): number {
    return this.#text.length;
  }

  begin(family: ServiceFamily): void {
    this.#name = family.name;
    this.#text += headOf(family);
  }

  value(value: number, labels?: Labels): void {
    const text = labels?.text ?? '';
    this.#text += `${this.#name}{${this.common}${text}} ${numberText(value)}\n`;
  }

  histogram({ counts, sum }: Histogram, labels?: Labels): void {
    const text = labels?.text ?? '';
    const start = `${this.#name}_bucket{${this.common}${text}`;
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      count += counts[i] ?? 0;
      this.#text += `${start}${BOUNDS[i]}} ${count}\n`;
    }
    const all = `{${this.common}${text}}`;
    this.#text += `${this.#name}_sum${all} ${numberText(sum)}\n${this.#name}_count${all} ${count}\n`;
  }

  /** What has been gathered, good until this is called again. */
  take(): Buffer {
    const most = this.#text.length * MOST_BYTES;
    if (this.#bytes.length < most) this.#bytes = Buffer.allocUnsafeSlow(most);
    const length = this.#bytes.write(this.#text);
    this.#text = '';
    return this.#bytes.subarray(0, length);
  }
}
