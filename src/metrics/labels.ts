import { labelsOf } from './text.ts';

/** Pairs of labels beside those that every sample of a Service has; made once where they never change. */
export interface Labels {
  /** As they follow others: `,hop="app"`. */
  readonly text: string;
}

export const NO_LABELS: Labels = { text: '' };

export function labels(pairs: Readonly<Record<string, string>>): Labels {
  return { text: `,${labelsOf(pairs)}` };
}

/** Made when first asked for, and kept: the keys are words of a few small sets. */
export function keptLabels(
  make: (...words: readonly string[]) => Readonly<Record<string, string>>,
): (...words: readonly string[]) => Labels {
  const kept = new Map<string, Labels>();
  return (...words) => {
    const key = words.join(' ');
    const found = kept.get(key) ?? labels(make(...words));
    kept.set(key, found);
    return found;
  };
}
