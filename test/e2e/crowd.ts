/** Creates many Services at once, and checks whether a monitor queries each of them in time. */

import type { DnsPath } from '../lab/cluster/dns-path.ts';
import { externalName, type Kube, type Zones } from '../lab/cluster/index.ts';
import { type Said, wordsOf } from '../lab/matrix/words.ts';
import type { Program } from '../lab/program.ts';

const AT_ONCE = 40;

/**
 * Services by name with their targets, ten in each registrable domain: `s0` to `www-0.d0-<suffix>`.
 */
export function crowd(count: number, suffix: string): Record<string, string> {
  const services: Record<string, string> = {};
  for (let i = 0; i < count; i++) services[`s${i}`] = `www-${i}.d${Math.floor(i / 10)}-${suffix}`;
  return services;
}

/** Zones in which all these targets have addresses of both families. */
export function zonesFor(services: Readonly<Record<string, string>>): Zones {
  const domains = Object.values(services).map((target) => target.slice(target.indexOf('.') + 1));
  const zone = { '*': ['A 192.0.2.50', 'AAAA 2001:db8::50'] };
  return Object.fromEntries([...new Set(domains)].map((domain) => [domain, zone]));
}

/** Creates them all. */
export async function createAll(
  kube: Kube,
  namespace: string,
  services: Readonly<Record<string, string>>,
): Promise<void> {
  const rest = Object.entries(services).values();
  const lane = async () => {
    for (const [name, target] of rest) await kube.create(externalName(name, target, namespace));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/**
 * The times at which cluster DNS was queried for each Service. Call {@link look} at least every few
 * seconds.
 */
export class Pace {
  readonly #dns: DnsPath;
  readonly #suffix: string;
  readonly #last: Map<string, number>;
  readonly #longest = new Map<string, number>();
  #until = performance.now();

  /** Measures from now on, for these Services of one namespace. */
  constructor(dns: DnsPath, namespace: string, names: Iterable<string>) {
    this.#dns = dns;
    this.#suffix = `.${namespace}.svc.cluster.local`;
    this.#last = new Map([...names].map((name) => [name, this.#until]));
  }

  /** Reads the queries since the last call. */
  look(): void {
    const { seen } = this.#dns;
    const first = seen.findLastIndex(({ at }) => at <= this.#until) + 1;
    for (const { name, at } of seen.slice(first)) {
      this.#until = at;
      if (name.endsWith(this.#suffix)) this.#note(name.slice(0, -this.#suffix.length), at);
    }
  }

  /** The longest time without a query so far, and its Service. */
  get longest(): { name: string; ms: number } {
    const now = performance.now();
    const gaps = [...this.#last].map(([name, at]) => {
      return { name, ms: Math.max(now - at, this.#longest.get(name) ?? 0) };
    });
    return gaps.reduce((most, gap) => (gap.ms > most.ms ? gap : most), { name: '', ms: 0 });
  }

  #note(name: string, at: number): void {
    const last = this.#last.get(name);
    if (last === undefined) return;
    this.#longest.set(name, Math.max(this.#longest.get(name) ?? 0, at - last));
    this.#last.set(name, at);
  }
}

/** Number of Services of a namespace by words, as `up verdict blame`. */
export async function tally(
  monitor: Program,
  names?: ReadonlySet<string>,
): Promise<Map<Said, number>> {
  const { text } = await monitor.get('/metrics');
  const counts = new Map<Said, number>();
  for (const [key, words] of wordsOf(text)) {
    if (names?.has(key.slice(key.indexOf('/') + 1)) ?? true)
      counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return counts;
}
