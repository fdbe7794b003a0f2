/**
 * The scripted "internet": answers for names outside the cluster, the way a recursive resolver
 * returns them.
 */
import type { Answer, ExtendedError, Rcode, ResourceRecord } from './message.ts';

/** The data of one name. Without address, CNAME and rcode the answer is NODATA. */
export interface UpstreamName {
  a?: readonly string[];
  aaaa?: readonly string[];
  /** Followed within the same internet. */
  cname?: string;
  /** Seconds; 30 if absent. */
  ttl?: number;
  /** When the signatures of its records expire, in ms since the epoch; not signed if absent. */
  signedUntil?: number;
  /** An answer other than NOERROR. */
  rcode?: Rcode;
  /** The reason that the server gives. */
  extendedError?: ExtendedError;
  /** The zone that denies the name or the record, if it is not the last two labels of the name. */
  zone?: string;
  /** How long the denial may be cached (MINIMUM of the SOA), in seconds; 30 if absent. */
  negativeTtl?: number;
  /** Delay of this name's server, in ms. Infinity: no reply. */
  delayMs?: number;
}

/** The data of a name, or a function of the query type and the time (ms since the epoch). */
export type Upstream = UpstreamName | ((type: string, now: number) => UpstreamName);

/** Unbound answers SERVFAIL for longer chains. */
const maxChain = 11;

const defaultTtl = 30;

/** The top-level domains of this internet. */
const TOP_LEVEL = new Set(['com', 'net', 'org']);

/**
 * The SOA of NXDOMAIN and NODATA answers (RFC 2308 section 3). Its TTL is capped, as by the plugin
 * `cache 30`.
 */
export function soa(zone: string, minimum: number = defaultTtl): ResourceRecord {
  return {
    name: zone,
    type: 'SOA',
    ttl: Math.min(defaultTtl, minimum),
    data: { mname: `ns.dns.${zone}`, rname: `hostmaster.${zone}`, minimum },
  };
}

/**
 * Answers by name; `*.example.com` covers all names below it that are not set (RFC 4592). Any other
 * name is NXDOMAIN.
 */
export class Internet {
  #names = new Map<string, Upstream>();
  readonly #base: Internet | undefined;

  /** Names that are not set here are looked up in `base`, if there is one. */
  constructor(base?: Internet) {
    this.#base = base;
  }

  /** Sets the data of `name`, replacing earlier data. */
  set(name: string, upstream: Upstream): this {
    this.#names.set(key(name), upstream);
    return this;
  }

  /** Makes `name` NXDOMAIN. */
  delete(name: string): void {
    this.#names.delete(key(name));
  }

  #find(name: string): Upstream | undefined {
    const labels = name.split('.');
    const wildcards = labels.map((_, i) => `*.${labels.slice(i + 1).join('.')}`);
    const held = [name, ...wildcards].find((one) => this.#names.has(one));
    if (held !== undefined) return this.#names.get(held);
    return this.#base ? this.#base.#find(name) : undefined;
  }

  /**
   * Resolves like a recursive server. NXDOMAIN and NODATA include the chain so far, other errors
   * include no records, and delays add up.
   */
  resolve(name: string, type: string, now: number): Answer {
    const answers: ResourceRecord[] = [];
    let delayMs = 0;
    for (let owner = name; answers.length <= maxChain; ) {
      const upstream = this.#find(key(owner)) ?? { rcode: 'NXDOMAIN' };
      const held = typeof upstream === 'function' ? upstream(type, now) : upstream;
      const ttl = held.ttl ?? defaultTtl;
      delayMs += held.delayMs ?? 0;
      if (held.rcode !== undefined && held.rcode !== 'NXDOMAIN') {
        const { rcode, extendedError } = held;
        return { rcode, answers: [], authorities: [], extendedError, delayMs };
      }
      if (held.cname !== undefined) {
        answers.push({ name: owner, type: 'CNAME', ttl, data: held.cname });
        if (type === 'CNAME') return { rcode: 'NOERROR', answers, authorities: [], delayMs };
        owner = held.cname;
        continue;
      }
      for (const data of addressesOf(held, type)) {
        answers.push({ name: owner, type: type === 'A' ? 'A' : 'AAAA', ttl, data });
      }
      const found = answers.at(-1)?.type === type;
      if (found && held.signedUntil !== undefined && (type === 'A' || type === 'AAAA')) {
        const data = { covers: type, zone: zoneOf(owner), endsAt: held.signedUntil } as const;
        answers.push({ name: owner, type: 'RRSIG', ttl, data });
      }
      return {
        rcode: held.rcode ?? 'NOERROR',
        answers,
        authorities: found ? [] : [soa(held.zone ?? zoneOf(owner), held.negativeTtl)],
        extendedError: held.extendedError,
        delayMs,
      };
    }
    return { rcode: 'SERVFAIL', answers: [], authorities: [], delayMs };
  }
}

function addressesOf(held: UpstreamName, type: string): readonly string[] {
  if (type === 'A') return held.a ?? [];
  if (type === 'AAAA') return held.aaaa ?? [];
  return [];
}

function key(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** The zone that denies a name; the root if the top-level domain does not exist. */
function zoneOf(name: string): string {
  const labels = key(name).split('.');
  return TOP_LEVEL.has(labels.at(-1) ?? '') ? labels.slice(-2).join('.') : '';
}
