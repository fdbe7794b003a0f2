import { hint } from '../model/near-miss.ts';
import type { AddressType } from '../model/round.ts';
import {
  ANNOTATION_PREFIX,
  ANNOTATIONS,
  type Annotation,
  type Controller,
  type DefaultSettings,
  SEVERITIES,
  type ServiceSettings,
  type Severity,
  usableFamilies,
} from '../model/service.ts';

const MAX_INTERVAL_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

export interface ReadSettings {
  readonly settings: ServiceSettings;
  readonly invalid: readonly Annotation[];
}

/**
 * Resolves the settings of a Service from its annotations. They are untrusted text: an invalid
 * value is reported by name, and the default applies.
 */
export function readAnnotations(annotations: unknown, defaults: DefaultSettings): ReadSettings {
  const invalid: Annotation[] = [];
  const read = <T>(name: Annotation, parse: (text: string) => T | undefined): T | undefined => {
    const text = textOf(annotations, name);
    if (text === undefined) return undefined;
    const value = parse(text.trim());
    if (value === undefined) invalid.push(name);
    return value;
  };
  const enabled = read('enabled', booleanOf) ?? true;
  const intervalMs =
    read('interval', (text) => intervalOf(text, defaults.minIntervalMs)) ?? defaults.intervalMs;
  const recordTypes = read('record-types', recordTypesOf) ?? defaults.recordTypes;
  const severity = read('severity', (text): Severity | undefined =>
    SEVERITIES.find((word) => word === text),
  );
  const settings = {
    enabled,
    intervalMs,
    recordTypes,
    families: usableFamilies(defaults.families, recordTypes),
    ...(severity ? { severity } : {}),
  };
  return { settings, invalid };
}

/** Limit for the unknown annotations that are kept per Service. */
const MOST_UNKNOWN = 4;
/** The API server's limit for the two parts of a key before and after the slash. */
const LONGEST_KEY = 253 + 1 + 63;
/** A longer key cannot resemble ours. */
const LONGEST_LIKE_OURS = 100;

/**
 * Keys that begin like ours but are unknown, or that differ from one of ours by a small edit
 * distance.
 */
export function unknownAnnotations(annotations: unknown): readonly string[] {
  if (typeof annotations !== 'object' || annotations === null) return NONE;
  const unknown = Object.keys(annotations).filter((key) => !KEYS.includes(key) && isLikeOurs(key));
  return unknown.slice(0, MOST_UNKNOWN).map((key) => key.slice(0, LONGEST_KEY));
}

const NONE: readonly string[] = [];
const KEYS: readonly string[] = ANNOTATIONS.map((name) => `${ANNOTATION_PREFIX}${name}`);

function isLikeOurs(key: string): boolean {
  if (key.startsWith(ANNOTATION_PREFIX)) return true;
  return key.length <= LONGEST_LIKE_OURS && key.includes('/') && hint(key, KEYS, '') !== '';
}

/** Annotations that assign a Service to a controller, from the controllers' documentation. */
const CONTROLLED_BY: Readonly<Record<string, Controller>> = {
  'tailscale.com/tailnet-fqdn': 'tailscale',
  'tailscale.com/tailnet-ip': 'tailscale',
  'tailscale.com/ts-tailnet-target-fqdn': 'tailscale',
  'tailscale.com/ts-tailnet-target-ip': 'tailscale',
  'external-dns.alpha.kubernetes.io/hostname': 'external-dns',
};

/** The controller that a Service's annotations address. */
export function controllerOf(annotations: unknown): Controller | undefined {
  if (typeof annotations !== 'object' || annotations === null) return undefined;
  const key = Object.keys(CONTROLLED_BY).find((one) => Object.hasOwn(annotations, one));
  return key === undefined ? undefined : CONTROLLED_BY[key];
}

function textOf(annotations: unknown, name: Annotation): string | undefined {
  if (typeof annotations !== 'object' || annotations === null) return undefined;
  const key = ANNOTATION_PREFIX + name;
  const value = Object.hasOwn(annotations, key) ? Reflect.get(annotations, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function booleanOf(text: string): boolean | undefined {
  if (text === 'true') return true;
  return text === 'false' ? false : undefined;
}

function intervalOf(text: string, minMs: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})(s|m|h)$/.exec(text) ?? [];
  if (!count || !unit) return undefined;
  const ms = Number(count) * (UNITS[unit] ?? 0);
  return ms >= minMs && ms <= MAX_INTERVAL_MS ? ms : undefined;
}

function recordTypesOf(text: string): AddressType[] | undefined {
  const types = text.split(',').map((word) => word.trim());
  const known = types.filter((word): word is AddressType => word === 'A' || word === 'AAAA');
  return known.length === types.length ? [...new Set(known)] : undefined;
}
