import { isOneOf, parseList, quoted, UsageError } from './values.ts';

/** More labels would make the series of every Service long, and are more likely to change often. */
export const SERVICE_LABEL_LIMIT = 10;

const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const NAME = '[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?';
const LABEL_NAME = `([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?${NAME}`;
const LABEL_VALUE = `(${NAME})?`;
const LABEL_VALUES = `${LABEL_VALUE}(\\s*,\\s*${LABEL_VALUE})*`;

const WHOLE_LABEL_NAME = new RegExp(`^${LABEL_NAME}$`);
const SELECTOR_TERMS: readonly RegExp[] = [
  new RegExp(`^!?\\s*${LABEL_NAME}$`),
  new RegExp(`^${LABEL_NAME}\\s*(=|==|!=)\\s*${LABEL_VALUE}$`),
  new RegExp(`^${LABEL_NAME}\\s+(in|notin)\\s*\\(\\s*${LABEL_VALUES}\\s*\\)$`),
];

/** Most names of clusters, contexts and cloud resources. */
const CLUSTER_NAME = /^[\w.:/@-]{1,100}$/;

/** A name for a cluster, as label values, titles and log lines show it. */
export function parseClusterName(text: string): string {
  if (CLUSTER_NAME.test(text)) return text;
  throw new UsageError(
    `it must be 1 to 100 letters, digits or any of _ . : / @ -, got ${quoted(text)}`,
  );
}

/** Comma-separated namespace names; an empty list for an empty text. */
export function parseNamespaces(text: string): readonly string[] {
  return parseList(text, (name) => {
    if (isNamespace(name)) return name;
    throw new UsageError(`each must be the name of a namespace, got ${quoted(name)}`);
  });
}

export function isNamespace(text: string): boolean {
  return DNS_LABEL.test(text);
}

/** `namespace/name` of a Service. */
export function parseServiceName(text: string): ObjectName {
  return parseObjectName(text, 'a Service, as kube-system/kube-dns', DNS_LABEL);
}

/** `namespace/name` of a ConfigMap. */
export function parseConfigMapName(text: string): ObjectName {
  return parseObjectName(text, 'a ConfigMap, as kube-system/coredns', DNS_SUBDOMAIN);
}

interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

function parseObjectName(text: string, expected: string, form: RegExp): ObjectName {
  const [namespace = '', name = '', more] = text.split('/');
  if (more === undefined && DNS_LABEL.test(namespace) && form.test(name))
    return { namespace, name };
  throw new UsageError(`it must be the namespace and name of ${expected}, got ${quoted(text)}`);
}

/**
 * Comma-separated label names, such as `team` or `app.kubernetes.io/name`; an empty list for an
 * empty text.
 */
export function parseLabelNames(text: string): readonly string[] {
  const names = parseList(text, (name) => {
    if (WHOLE_LABEL_NAME.test(name)) return name;
    throw new UsageError(`each must be the name of a label, got ${quoted(name)}`);
  });
  if (names.length > SERVICE_LABEL_LIMIT) {
    throw new UsageError(`it must name ${SERVICE_LABEL_LIMIT} labels at most, got ${names.length}`);
  }
  const shown = names.map((name) => name.replace(/[^A-Za-z0-9_]/g, '_'));
  const clash = names.find((_, index) => isOneOf(shown[index], shown.slice(0, index)));
  // Prometheus would reject the whole scrape if a series had the same label twice.
  if (clash)
    throw new UsageError(`two would be the same label in Prometheus, got ${quoted(clash)}`);
  return names;
}

/**
 * A label selector in the syntax of the API server: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`,
 * `a`, `!a`, comma-separated. Only the syntax is checked here; the API server checks the meaning.
 */
export function parseSelector(text: string): string {
  if (text.trim() === '') return '';
  for (const part of text.split(/,(?![^()]*\))/)) {
    const term = part.trim();
    if (SELECTOR_TERMS.some((form) => form.test(term))) continue;
    throw new UsageError(
      `each term must be as team=shop, tier!=dev, tier in (a,b), tier notin (a,b), team or !team, got ${quoted(term)}`,
    );
  }
  return text.trim();
}
