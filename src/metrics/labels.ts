import { labelBytes } from './protobuf.ts';
import { labelsOf } from './text.ts';

/** Labels beside those that every sample of a Service has; in each format made when first asked for. */
export class Labels {
  readonly #pairs: Readonly<Record<string, string>>;
  #text: string | undefined;
  #bytes: Buffer | undefined;

  constructor(pairs: Readonly<Record<string, string>>) {
    this.#pairs = pairs;
  }

  /** As they follow others: `,hop="app"`. */
  get text(): string {
    this.#text ??= `,${labelsOf(this.#pairs)}`;
    return this.#text;
  }

  /** As fields of a protobuf `Metric`. */
  get bytes(): Buffer {
    this.#bytes ??= labelBytes(this.#pairs);
    return this.#bytes;
  }
}

/** Made when first asked for, and kept: the keys are words of a few small sets. */
export function keptLabels(
  make: (...words: readonly string[]) => Readonly<Record<string, string>>,
): (...words: readonly string[]) => Labels {
  const kept = new Map<string, Labels>();
  return (...words) => {
    const key = words.join(' ');
    const found = kept.get(key) ?? new Labels(make(...words));
    kept.set(key, found);
    return found;
  };
}
