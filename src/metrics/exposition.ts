import type { ServiceRecord } from '../state/record.ts';
import type { Emit, ServiceFamily, Shown } from './service-families.ts';
import { headOf, labelsOf, numberText } from './text.ts';

/** One Service's lines of all families, rendered when its record changes. */
interface Rendering {
  /** May be longer than the text. */
  readonly bytes: Buffer;
  /** Where each family's lines end within `bytes`. */
  readonly ends: readonly number[];
}

/** What a scrape sends, chunk by chunk; to be disposed of when it is sent, or will not be. */
export interface Exposition extends Iterable<Buffer>, Disposable {}

const CHUNK = 262_144;
/** Numbers grow by some digits; a text that has outgrown its memory gets another. */
const SPARE = 64;

/** The defaults of the options. */
const USUAL: Shown = { clusterDomain: 'cluster.local', findingLevel: 'warning' };

/** The text of every Service, kept up to date record by record. */
export class ServiceTexts {
  readonly #families: readonly ServiceFamily[];
  readonly #shown: Shown;
  readonly #heads: readonly Buffer[];
  readonly #renderings = new Map<string, Rendering>();
  /** Expositions that are not yet sent. */
  #readers = 0;

  /** `families`: those that are shown, in this order. */
  constructor(families: readonly ServiceFamily[], shown: Shown = USUAL) {
    this.#families = families;
    this.#shown = shown;
    this.#heads = families.map((family) => Buffer.from(headOf(family)));
  }

  update(key: string, record: ServiceRecord | undefined): void {
    if (!record) {
      this.#renderings.delete(key);
      return;
    }
    // A text lives for an interval: its memory would lie about for long before the garbage collector
    // finds it. So it is written over, except while it may be read.
    const memory = this.#readers === 0 ? this.#renderings.get(key)?.bytes : undefined;
    this.#renderings.set(key, render(record, this.#families, this.#shown, memory));
  }

  /**
   * The per-Service families as text, family by family as the format demands, in chunks. What is
   * sent is a snapshot of this moment, however slowly it is read: changes show on the next scrape.
   * All chunks are the same memory: each is good until the next is asked for.
   */
  exposition(): Exposition {
    const chunks = expose(this.#heads, [...this.#renderings.values()]);
    let isOpen = true;
    this.#readers++;
    return {
      [Symbol.iterator]: () => chunks,
      [Symbol.dispose]: () => {
        if (isOpen) this.#readers--;
        isOpen = false;
      },
    };
  }
}

function render(
  record: ServiceRecord,
  families: readonly ServiceFamily[],
  shown: Shown,
  memory: Buffer | undefined,
): Rendering {
  const { namespace, name: service } = record.spec;
  const common = labelsOf({ namespace, service });
  let text = '';
  const ends = families.map(({ name, samples }) => {
    const emit: Emit = (value, labels, suffix = '') => {
      const all = labels === undefined ? common : `${common},${labels}`;
      text += `${name}${suffix}{${all}} ${numberText(value)}\n`;
    };
    samples(record, emit, shown);
    return text.length;
  });
  const length = Buffer.byteLength(text);
  // Of its own memory: a slice of Node's shared pool would keep all 8 KiB of it alive.
  const bytes = memory && memory.length >= length ? memory : Buffer.allocUnsafeSlow(length + SPARE);
  bytes.write(text);
  return { bytes, ends: length === text.length ? ends : byteEnds(text, ends) };
}

/** Character offsets are byte offsets unless somebody got a non-ASCII label value past the API server. */
function byteEnds(text: string, chars: readonly number[]): number[] {
  return chars.map((end) => Buffer.byteLength(text.slice(0, end)));
}

function* expose(heads: readonly Buffer[], renderings: readonly Rendering[]): Generator<Buffer> {
  const chunk = Buffer.allocUnsafeSlow(CHUNK);
  let used = 0;
  for (const [family, head] of heads.entries()) {
    for (let i = -1; i < renderings.length; i++) {
      const rendering = renderings[i];
      const source = rendering?.bytes ?? head;
      let at = rendering ? (rendering.ends[family - 1] ?? 0) : 0;
      const end = rendering ? (rendering.ends[family] ?? at) : head.length;
      while (at < end) {
        const copied = source.copy(chunk, used, at, end);
        at += copied;
        used += copied;
        if (used < CHUNK) continue;
        yield chunk;
        used = 0;
      }
    }
  }
  if (used > 0) yield chunk.subarray(0, used);
}
