/** Evaluates `--upstream-dns`: the resolvers that cluster DNS forwards to, by zone. */
import { isIPv6 } from 'node:net';
import { ALL_ZONES, type Forward } from '../model/forward.ts';
import type { Server } from '../model/messages.ts';
import { parseCorefile, type ServerBlock } from './corefile.ts';
import { parseResolvConf } from './resolv-conf.ts';
import {
  domainIn,
  overTls,
  parseServer,
  parseTlsServers,
  quoted,
  serverOf,
  UsageError,
} from './values.ts';

export interface Forwards {
  readonly forwards: readonly Forward[];
  /** Sentences that explain why some resolvers are not queried. */
  readonly notes: readonly string[];
  /** Files that the Corefile imports but that were not given. */
  readonly missing: readonly string[];
}

/** `auto`, `off`, or comma-separated DNS servers. */
export function parseUpstreamDns(text: string): 'auto' | 'off' | readonly Server[] {
  if (text === 'auto' || text === 'off') return text;
  try {
    return parseTlsServers(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`it must be auto, off, or addresses: ${error.message}`);
  }
}

/** Limit for the resolvers in one line, and for lines, because a Corefile is untrusted input. */
const MOST_FORWARDS = 1_000;
const MOST_NOTES = 10;

/**
 * Reads the data of a ConfigMap: the Corefile of CoreDNS, or `stubDomains` and
 * `upstreamNameservers` of kube-dns. `files`: other files that the Corefile may import.
 * `resolvConf`: the node's resolv.conf; absent if it cannot be read.
 */
export function forwardsOf(
  data: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  resolvConf?: string,
): Forwards {
  const notes = new Set<string>();
  const nodeServers = (): Server[] => {
    if (resolvConf === undefined) {
      notes.add("the node's /etc/resolv.conf is not known: see --upstream-resolv-conf");
      return [];
    }
    return parseResolvConf(resolvConf).nameservers.map((address) => serverOf(address, 53));
  };
  const { Corefile: text } = data;
  const { blocks, missing } = parseCorefile(text ?? '', { ...data, ...files });
  // A pattern may match no file.
  for (const name of missing.filter((one) => !one.includes('*')))
    notes.add(`the Corefile imports ${quoted(name)}, which cannot be read`);
  const forwards =
    text === undefined
      ? ofKubeDns(data, nodeServers, notes)
      : ofCorefile(blocks, nodeServers, notes);
  return {
    forwards: forwards.slice(0, MOST_FORWARDS),
    notes: [...notes].slice(0, MOST_NOTES),
    missing,
  };
}

function ofCorefile(
  blocks: readonly ServerBlock[],
  nodeServers: () => Server[],
  notes: Set<string>,
): Forward[] {
  const serversOf = (to: string, tlsName?: string): Server[] => {
    const [, scheme = 'dns', rest = to] = /^([a-z]+):\/\/(.*)$/.exec(to) ?? [];
    if (scheme !== 'dns' && scheme !== 'tls') {
      notes.add(`${quoted(to)} is not queried: it is neither plain DNS nor DNS over TLS`);
      return [];
    }
    if (scheme === 'dns' && rest.includes('/')) return nodeServers();
    const server = scheme === 'tls' ? tlsServerIn(rest, tlsName) : serverIn(rest);
    if (!server) notes.add(`${quoted(to)} is not queried: it is no address`);
    return server ? [server] : [];
  };
  const seen = new Set<string>();
  return blocks.flatMap(({ zones, forwards }) =>
    zones.flatMap((block): Forward[] => {
      // A second block with the same zone is another port of CoreDNS, which pods do not query.
      if (seen.has(block)) return [];
      seen.add(block);
      if (forwards.length === 0) return [{ block, zone: block, except: [], servers: [] }];
      return forwards.map(({ from, except, to, tlsName }) => ({
        block,
        // `forward .` in the block of a zone applies to that zone.
        zone: from === ALL_ZONES ? block : from,
        except,
        servers: distinct(to.flatMap((one) => serversOf(one, tlsName))),
      }));
    }),
  );
}

/** The ConfigMap kube-system/kube-dns of kube-dns. */
function ofKubeDns(
  { stubDomains = '{}', upstreamNameservers = '[]' }: Readonly<Record<string, string>>,
  nodeServers: () => Server[],
  notes: Set<string>,
): Forward[] {
  const serversOf = (list: unknown): Server[] =>
    (Array.isArray(list) ? list : []).flatMap((text) => {
      const server = typeof text === 'string' ? serverIn(text) : undefined;
      if (!server) notes.add(`${quoted(String(text))} is not queried: it is no address`);
      return server ?? [];
    });
  const stubs = Object.entries(jsonOf(stubDomains) ?? {}).flatMap(([name, list]): Forward[] => {
    const zone = domainIn(name);
    return zone ? [{ block: zone, zone, except: [], servers: serversOf(list) }] : [];
  });
  const upstreams = serversOf(jsonOf(upstreamNameservers));
  const servers = upstreams.length > 0 ? upstreams : nodeServers();
  return [...stubs, { block: ALL_ZONES, zone: ALL_ZONES, except: [], servers }];
}

function jsonOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `10.0.0.2`, `10.0.0.2:5353`, `2001:db8::1`, `[2001:db8::1]:53`. */
function serverIn(text: string, defaultPort = 53): Server | undefined {
  try {
    return parseServer(isIPv6(text) ? `[${text}]` : text, defaultPort);
  } catch {
    return undefined;
  }
}

/**
 * The same, each optionally with a name: `9.9.9.9%dns.quad9.net:853`,
 * `[2620:fe::fe%dns.quad9.net]:853`.
 */
function tlsServerIn(text: string, tlsName?: string): Server | undefined {
  const [part = '', name = tlsName] = /%([^\]:]+)/.exec(text) ?? [];
  const server = serverIn(text.replace(part, ''), 853);
  if (!server || (name !== undefined && domainIn(name) === undefined)) return undefined;
  return overTls(server, name);
}

function distinct(servers: readonly Server[]): Server[] {
  return [...new Map(servers.map((server) => [server.label, server])).values()];
}
