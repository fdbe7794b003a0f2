import type { AddressType } from '../model/round.ts';
import {
  type Annotation,
  type DefaultSettings,
  SEVERITIES,
  type ServiceSettings,
  type Severity,
  usableFamilies,
} from '../model/service.ts';

export const ANNOTATION_PREFIX = 'externalname-monitor/';

const MAX_INTERVAL_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

export interface ReadSettings {
  readonly settings: ServiceSettings;
  readonly invalid: readonly Annotation[];
}

/**
 * Resolves the settings of a Service from its annotations. They are a tenant's text: a bad value is reported by name,
 * and the default is used.
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
