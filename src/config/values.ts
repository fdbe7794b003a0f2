import { isIP, isIPv6 } from 'node:net';
import type { Server } from '../model/messages.ts';
import type { AddressType, Family } from '../model/round.ts';

/** Invalid input by the user. Reported in one line, without a stack, with exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Listen {
  /** A host name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Parses a duration such as `500ms`, `30s` or `1m30s` into milliseconds.
 *
 * @throws UsageError outside of `least` to `most`
 */
export function parseDuration(text: string, least: number, most: number): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  if (!isWhole)
    throw new UsageError(`it must be a duration such as 30s or 1m30s, got ${quoted(text)}`);
  const ms = parts.reduce(
    (sum, [, value, unit]) => sum + Number(value) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
  if (ms < least || ms > most) {
    throw new UsageError(
      `it must be from ${durationText(least)} to ${durationText(most)}, got ${quoted(text)}`,
    );
  }
  return ms;
}

export function durationText(ms: number): string {
  const unit = ['h', 'm', 's'].find((name) => ms % (UNITS[name] ?? 1) === 0) ?? 'ms';
  return `${ms / (UNITS[unit] ?? 1)}${unit}`;
}

/** @throws UsageError unless it is a whole number from `least` to `most` */
export function parseCount(text: string, least: number, most: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(count >= least && count <= most)) {
    throw new UsageError(`it must be a whole number from ${least} to ${most}, got ${quoted(text)}`);
  }
  return count;
}

/** `host:port`, `[address]:port`, or `:port` for every address. */
export function parseListen(text: string): Listen {
  const [, host, port] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const bare = host?.replace(/^\[(.*)\]$/, '$1');
  const isWhole =
    host !== undefined && (host !== bare || !host.includes(':')) && Number(port) <= 65535;
  if (bare === undefined || !isWhole) {
    throw new UsageError(
      `it must be host:port, with an IPv6 address in brackets, got ${quoted(text)}`,
    );
  }
  return { host: bare === '' ? '::' : bare, port: Number(port) };
}

/** Comma-separated DNS servers: `address`, `address:port`, `[address]:port`; port 53 by default. */
export function parseServers(text: string): Server[] {
  return text.split(',').map((part) => parseServer(part.trim(), 53));
}

/**
 * The same, and over TLS `tls://address`, `tls://address:port`, each with `#name` for the name in
 * its certificate; port 853 by default.
 */
export function parseTlsServers(text: string): Server[] {
  return text.split(',').map((part) => {
    const [, rest, hash, name = ''] = /^tls:\/\/([^#]*)(#(.*))?$/.exec(part.trim()) ?? [];
    if (rest === undefined) return parseServer(part.trim(), 53);
    return overTls(parseServer(rest, 853), hash === undefined ? undefined : name);
  });
}

/** @param name the name in its certificate, if that is not the address */
export function overTls(server: Server, name?: string): Server {
  const tls = name === undefined ? {} : { name: parseDomain(name) };
  return { ...server, label: `tls://${server.label}`, tls };
}

export function parseServer(word: string, defaultPort: number): Server {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(word) ?? [];
  const address = bracketed ?? plain ?? word;
  if (isIP(address) === 0) {
    throw new UsageError(
      `each must be an IP address, with :port if not ${defaultPort}, got ${quoted(word)}`,
    );
  }
  const number = Number(port ?? defaultPort);
  if (number < 1 || number > 65535)
    throw new UsageError(`a port is from 1 to 65535, got ${quoted(word)}`);
  return serverOf(address, number);
}

export function serverOf(address: string, port: number): Server {
  const host = isIPv6(address) ? `[${address}]` : address;
  return { address, port, label: `${host}:${port}` };
}

/** A DNS domain without its trailing dot, lower case. */
export function parseDomain(text: string): string {
  const domain = domainIn(text);
  if (domain !== undefined) return domain;
  throw new UsageError(`it must be a DNS domain such as cluster.local, got ${quoted(text)}`);
}

/** The same; undefined if the text is not a domain. */
export function domainIn(text: string): string | undefined {
  const domain = text.toLowerCase().replace(/\.$/, '');
  const isDomain =
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/.test(domain);
  return isDomain && domain.length <= 200 ? domain : undefined;
}

/** The name that the upstream sensor queries: a domain, or `.` for the root; empty for `none`. */
export function parseCanary(text: string): string {
  if (text === 'none') return '';
  return text === '.' ? text : parseDomain(text);
}

/** Comma-separated domains; an empty list for an empty text. */
export function parseDomains(text: string): readonly string[] {
  return parseList(text, parseDomain);
}

/** The kubelet's limit (`MaxDNSSearchPaths`). */
export const MAX_SEARCH_DOMAINS = 32;

/** `none`, or comma-separated domains. */
export function parseSearchDomains(text: string): readonly string[] {
  const domains = text === 'none' ? [] : parseDomains(text);
  if (domains.length <= MAX_SEARCH_DOMAINS) return domains;
  throw new UsageError(`there must be at most ${MAX_SEARCH_DOMAINS}, got ${domains.length}`);
}

const HOUR = 3_600_000;

/** Limits of `--dnssec-horizon`. */
export const HORIZON = { least: HOUR, most: 720 * HOUR };

/** `off`, or a duration. */
export function parseHorizon(text: string): number | 'off' {
  return text === 'off' ? text : parseDuration(text, HORIZON.least, HORIZON.most);
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** `auto`, or `ipv4` and `ipv6`, comma-separated. */
export function parseFamilies(text: string): readonly Family[] | 'auto' {
  if (text === 'auto') return 'auto';
  return parseWords(text, FAMILIES, 'auto, ipv4, ipv6 or ipv4,ipv6');
}

const ADDRESS_TYPES: readonly AddressType[] = ['A', 'AAAA'];

/** `A` and `AAAA`, comma-separated. */
export function parseRecordTypes(text: string): readonly AddressType[] {
  return parseWords(text, ADDRESS_TYPES, 'A, AAAA or A,AAAA');
}

function parseWords<W extends string>(text: string, words: readonly W[], expected: string): W[] {
  const given = parseList(text, (word) => {
    if (isOneOf(word, words)) return word;
    throw new UsageError(`it must be ${expected}, got ${quoted(text)}`);
  });
  if (given.length === 0) throw new UsageError(`it must be ${expected}, got ${quoted(text)}`);
  return given;
}

/** Comma-separated items, each once, in the given order; an empty list for an empty text. */
export function parseList<T>(text: string, parseItem: (item: string) => T): T[] {
  if (text.trim() === '') return [];
  return [...new Set(text.split(',').map((item) => parseItem(item.trim())))];
}

export function isOneOf<W extends string>(text: unknown, words: readonly W[]): text is W {
  return (words as readonly unknown[]).includes(text);
}

/** `auto`, or a whole number. */
export function parseShard(text: string): number | 'auto' {
  return text === 'auto' ? 'auto' : parseCount(text, 0, 999);
}

export function parseBoolean(text: string): boolean {
  return parseWord(text, ['true', 'false']) === 'true';
}

/** @throws UsageError for an empty text, which most likely comes from an unset shell variable */
export function parseText(text: string): string {
  if (text === '') throw new UsageError(`it must not be empty, got ${quoted(text)}`);
  return text;
}

/**
 * A URL that a page may link to.
 *
 * @throws UsageError unless it is an HTTP or HTTPS URL without credentials
 */
export function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url !== undefined && /^https?:$/.test(url.protocol);
  if (!isWeb || url.username !== '' || url.password !== '')
    throw new UsageError(
      `it must be an http or https URL without credentials, got ${quoted(text)}`,
    );
  return url.href;
}

/** @throws UsageError unless it is one of the words */
export function parseWord<W extends string>(text: string, words: readonly W[]): W {
  if (isOneOf(text, words)) return text;
  throw new UsageError(`it must be one of ${words.join(', ')}, got ${quoted(text)}`);
}

const LONGEST_QUOTE = 200;

/** For messages: on one line, with a limited length. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text);
}
