import { hint } from '../model/near-miss.ts';
import {
  ANNOTATION_PREFIX,
  ANNOTATIONS,
  type Annotation,
  type Controller,
  type DefaultSettings,
  readSettings,
} from '../model/service.ts';

/**
 * Resolves the settings of a Service from its annotations. They are untrusted text: an invalid
 * value is reported by name, and the default applies.
 */
export function readAnnotations(
  annotations: unknown,
  defaults: DefaultSettings,
): ReturnType<typeof readSettings> {
  return readSettings((name) => textOf(annotations, name), defaults);
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
