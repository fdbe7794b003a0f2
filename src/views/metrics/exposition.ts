import type { ServiceRecord } from '../../state/record.ts';
import { SERVICE_FAMILIES } from './service-families.ts';
import { headOf, labelsOf, numberText } from './text.ts';

/** One Service's lines of all families, rendered when its record changes and never changed after. */
export interface Rendering {
  readonly bytes: Buffer;
  /** Where each family's lines end within `bytes`, in the order of SERVICE_FAMILIES. */
  readonly ends: readonly number[];
}

const HEADS = SERVICE_FAMILIES.map((family) => Buffer.from(headOf(family)));

export function render(record: ServiceRecord): Rendering {
  const { namespace, name } = record.spec;
  const service = labelsOf({ namespace, service: name });
  let text = '';
  const chars = SERVICE_FAMILIES.map((family) => {
    for (const { labels, value, suffix } of family.samples(record)) {
      const more = labels ? `,${labelsOf(labels)}` : '';
      text += `${family.name}${suffix ?? ''}{${service}${more}} ${numberText(value)}\n`;
    }
    return text.length;
  });
  const bytes = Buffer.from(text);
  return { bytes, ends: bytes.length === text.length ? chars : byteEnds(text, chars) };
}

/** Character offsets are byte offsets unless somebody got a non-ASCII label value past the API server. */
function byteEnds(text: string, chars: readonly number[]): number[] {
  return chars.map((end) => Buffer.byteLength(text.slice(0, end)));
}

const CHUNK = 65_536;

/**
 * The per-Service families as text, family by family as the format demands, in chunks.
 * `renderings` is a snapshot: what changes while the chunks are being sent shows on the next scrape.
 */
export function* exposition(renderings: readonly Rendering[]): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK);
  let used = 0;
  for (const [family, head] of HEADS.entries()) {
    for (const piece of pieces(head, renderings, family)) {
      if (used + piece.length > chunk.length) {
        if (used > 0) yield chunk.subarray(0, used);
        chunk = Buffer.allocUnsafe(Math.max(CHUNK, piece.length));
        used = 0;
      }
      used += piece.copy(chunk, used);
    }
  }
  if (used > 0) yield chunk.subarray(0, used);
}

function* pieces(
  head: Buffer,
  renderings: readonly Rendering[],
  family: number,
): Generator<Buffer> {
  yield head;
  for (const { bytes, ends } of renderings) {
    const start = family === 0 ? 0 : (ends[family - 1] ?? 0);
    const end = ends[family] ?? start;
    if (end > start) yield bytes.subarray(start, end);
  }
}

/** The text of every Service, kept up to date record by record. */
export class ServiceTexts {
  readonly #renderings = new Map<string, Rendering>();

  update(key: string, record: ServiceRecord | undefined): void {
    if (record) this.#renderings.set(key, render(record));
    else this.#renderings.delete(key);
  }

  /** What a scrape sends: taken at once, sent at leisure. */
  snapshot(): Rendering[] {
    return [...this.#renderings.values()];
  }
}
