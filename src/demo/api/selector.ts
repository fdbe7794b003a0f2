/**
 * `fieldSelector` and `labelSelector` (apimachinery: pkg/fields, pkg/labels), as predicates of
 * objects.
 */
import type { KubeObject, Resource } from './objects.ts';

export type Selector = (object: KubeObject) => boolean;

/** Thrown with the message of the API server's 400. */
export class SelectorError extends Error {}

const metadataFields = ['metadata.name', 'metadata.namespace'];

/**
 * Parses `a=b,c==d,e!=f` over fields.
 *
 * @throws SelectorError for a field that a server of this minor version does not support for this
 * resource
 */
export function fieldSelector(text: string, resource: Resource, minor: number): Selector {
  const known = resource.fields.filter((field) => minor >= field.sinceMinor);
  return all(text, (term) => {
    const { key, negated, value } = parseTerm(term);
    if (![...metadataFields, ...known.map((field) => field.path)].includes(key)) {
      throw new SelectorError(
        known.length === 0
          ? `"${key}" is not a known field selector: only "metadata.name", "metadata.namespace"`
          : `field label not supported: ${key}`,
      );
    }
    return (object) => (String(read(object, key.split('.')) ?? '') === value) !== negated;
  });
}

/** Parses `a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas. Set-based terms are refused. */
export function labelSelector(text: string): Selector {
  return all(text, (term) => {
    if (/[()]/.test(term)) {
      throw new SelectorError(
        `Cannot read labelSelector: set-based terms are left out, got ${term}`,
      );
    }
    if (!term.includes('=')) {
      const wanted = !term.startsWith('!');
      const label = term.replace(/^!/, '');
      return (object) => label in (object.metadata.labels ?? {}) === wanted;
    }
    const { key, negated, value } = parseTerm(term);
    return (object) => (object.metadata.labels?.[key] === value) !== negated;
  });
}

function all(text: string, parse: (term: string) => Selector): Selector {
  const terms = text
    .split(',')
    .filter((term) => term !== '')
    .map((term) => parse(term.trim()));
  return (object) => terms.every((matches) => matches(object));
}

function parseTerm(term: string): { key: string; negated: boolean; value: string } {
  const [, key, operator, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? [];
  if (key === undefined || value === undefined) {
    throw new SelectorError(`invalid selector: '${term}'; can't understand '${term}'`);
  }
  return { key, negated: operator === '!=', value };
}

function read(value: unknown, path: readonly string[]): unknown {
  const [field, ...rest] = path;
  if (field === undefined) return value;
  if (typeof value !== 'object' || value === null || !(field in value)) return undefined;
  return read(Object.entries(value).find(([name]) => name === field)?.[1], rest);
}
