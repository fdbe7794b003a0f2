/** One line of the text exposition format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g;

/** @throws Error for a line that is neither a comment nor a sample */
export function parseSamples(text: string): Sample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined)
      throw new Error(`Cannot read a sample: not in the text format, got ${line}`);
    const pairs = [...labels.matchAll(LABEL)].map(([, key, text]) => [
      key,
      text?.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char)),
    ]);
    return {
      name,
      labels: Object.fromEntries(pairs),
      value: value === '+Inf' ? Infinity : Number(value),
    };
  });
}

/** The samples of a family that have all these labels. */
export function select(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Sample[] {
  const wanted = Object.entries(labels);
  return samples.filter(
    (sample) =>
      sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value),
  );
}

/** What is said of each Service, as `up verdict blame`, by `namespace/service`; `-` where `up` is absent. */
export function verdictsOf(samples: readonly Sample[]): Record<string, string> {
  const verdicts = select(samples, 'externalname_service_verdict').map(({ labels }) => {
    const { namespace = '', service = '', verdict, blame } = labels;
    const [up] = select(samples, 'externalname_service_up', { namespace, service });
    return [`${namespace}/${service}`, `${up?.value ?? '-'} ${verdict} ${blame}`];
  });
  return Object.fromEntries(verdicts);
}
