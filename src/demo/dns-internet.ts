/** The scripted "internet": what names outside the cluster answer, as a recursive resolver sees it. */
import type { Answer, Rcode, ResourceRecord } from './dns-message.ts';

/** What one name holds. Neither address, CNAME nor rcode is NODATA. */
export interface UpstreamName {
  a?: readonly string[];
  aaaa?: readonly string[];
  /** Followed within the same internet. */
  cname?: string;
  /** Seconds; 30 if absent. */
  ttl?: number;
  /** When the signatures of its records end, in ms since the epoch; not signed if absent. */
  signedUntil?: number;
  /** An answer other than NOERROR. */
  rcode?: Rcode;
  /** How long this name's server takes, in ms. Infinity: it never answers. */
  delayMs?: number;
}

/** A name's data, or how it follows from the question's type and the time (ms since the epoch). */
export type Upstream = UpstreamName | ((type: string, now: number) => UpstreamName);

/** unbound gives up on longer chains with SERVFAIL. */
const maxChain = 11;

const defaultTtl = 30;

/** The SOA that goes with NXDOMAIN and NODATA (RFC 2308 section 3). */
export function soa(zone: string): ResourceRecord {
  return {
    name: zone,
    type: 'SOA',
    ttl: 30,
    data: { mname: `ns.dns.${zone}`, rname: `hostmaster.${zone}` },
  };
}

/** Answers by name; `*.example.com` stands for all names below it that were not set (RFC 4592). Any other name is NXDOMAIN. */
export class Internet {
  #names = new Map<string, Upstream>();

  /** Scripts `name`, in place of what it was before. */
  set(name: string, upstream: Upstream): this {
    this.#names.set(key(name), upstream);
    return this;
  }

  /** Makes `name` NXDOMAIN. */
  delete(name: string): void {
    this.#names.delete(key(name));
  }

  /**
   * Resolves as a recursive server does: the chain so far comes with NXDOMAIN and NODATA, nothing comes with
   * another rcode, delays add up.
   */
  resolve(name: string, type: string, now: number): Answer {
    const answers: ResourceRecord[] = [];
    let delayMs = 0;
    for (let owner = name; answers.length <= maxChain; ) {
      const upstream = this.#upstreamOf(key(owner)) ?? { rcode: 'NXDOMAIN' };
      const held = typeof upstream === 'function' ? upstream(type, now) : upstream;
      const ttl = held.ttl ?? defaultTtl;
      delayMs += held.delayMs ?? 0;
      if (held.rcode !== undefined && held.rcode !== 'NXDOMAIN') {
        return { rcode: held.rcode, answers: [], authorities: [], delayMs };
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
        authorities: found ? [] : [soa(zoneOf(owner))],
        delayMs,
      };
    }
    return { rcode: 'SERVFAIL', answers: [], authorities: [], delayMs };
  }

  #upstreamOf(name: string): Upstream | undefined {
    const held = this.#names.get(name);
    if (held !== undefined) return held;
    const labels = name.split('.');
    const wildcard = labels.findIndex(
      (_, i) => i > 0 && this.#names.has(`*.${labels.slice(i).join('.')}`),
    );
    return wildcard < 0 ? undefined : this.#names.get(`*.${labels.slice(wildcard).join('.')}`);
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

function zoneOf(name: string): string {
  return key(name).split('.').slice(-2).join('.');
}
