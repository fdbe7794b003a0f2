/** What a scraper asks for (RFC 9110 §12.5). */
interface Item {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** From 0, not wanted at all, to 1. */
  readonly weight: number;
}

/** Whether the header names gzip, and not with a weight of zero. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  return itemsOf(header).some(({ name, weight }) => name === 'gzip' && weight > 0);
}

/** Whether the protobuf format of Prometheus is wanted, and no less than text; what names neither gets text. */
export function prefersProtobuf(header: string | undefined): boolean {
  const items = itemsOf(header);
  const weightOf = (is: (item: Item) => boolean): number =>
    Math.max(0, ...items.filter(is).map(({ weight }) => weight));
  const protobuf = weightOf(isProtobuf);
  return protobuf > 0 && protobuf >= weightOf(({ name }) => name === 'text/plain');
}

function isProtobuf({ name, parameters }: Item): boolean {
  return (
    name === 'application/vnd.google.protobuf' &&
    parameters.get('proto') === 'io.prometheus.client.metricfamily' &&
    parameters.get('encoding') === 'delimited'
  );
}

/** In lower case: neither media types nor codings nor the words that we look for depend on it. */
function itemsOf(header: string | string[] | undefined): Item[] {
  return String(header ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => {
      const [name = '', ...rest] = item.split(';').map((part) => part.trim());
      const parameters = new Map(rest.map(pairOf));
      const weight = Number(parameters.get('q') ?? 1);
      return { name, parameters, weight: weight >= 0 && weight <= 1 ? weight : 1 };
    });
}

/** `q=0.5`, also `q = "0.5"`. */
function pairOf(parameter: string): [string, string] {
  const [name = '', value = ''] = parameter.split('=', 2).map((part) => part.trim());
  return [name, value.replace(/^"(.*)"$/, '$1')];
}
