import { LEVELS } from '../model/finding.ts';
import { isNamespace } from './kubernetes-values.ts';
import { parseBoolean, parseServers, parseText, parseWord, quoted, UsageError } from './values.ts';

/**
 * Separates the values of an option that was given several times. No argument can contain it,
 * because C strings end there.
 */
export const SEPARATOR = '\0';

export const OUTPUTS = ['table', 'json', 'junit'] as const;

/** The options that only `externalname-monitor check` has, as part of the table of all options. */
export const CHECK_OPTIONS = {
  file: {
    group: 'Check',
    value: '<file>',
    help: 'Manifests to check instead of a cluster: a YAML or JSON file, a folder, or - for standard input. May be given several times, and words after it are files, too.',
    found: 'none',
    short: 'f',
    flagOnly: true,
    repeats: true,
    parse: (text: string) => text.split(SEPARATOR).map(parseText),
  },
  all: {
    group: 'Check',
    value: '<true|false>',
    help: 'Check every ExternalName Service of the cluster, or of --namespaces.',
    fallback: 'false',
    kind: 'boolean',
    flagOnly: true,
    parse: parseBoolean,
  },
  output: {
    group: 'Check',
    value: '<format>',
    help: `One of ${OUTPUTS.join(', ')}.`,
    fallback: 'table',
    words: OUTPUTS,
    parse: (value: string) => parseWord(value, OUTPUTS),
  },
  failOn: {
    group: 'Check',
    value: '<level>',
    help: `From which level on something is a problem: ${LEVELS.join(', ')}.`,
    fallback: 'warning',
    words: LEVELS,
    parse: (value: string) => parseWord(value, LEVELS),
  },
  dns: {
    group: 'Check',
    value: '<address[:port],…>',
    help: 'DNS servers that are asked for the targets of manifests; none: only the spec is looked at.',
    found: 'nameserver lines of /etc/resolv.conf',
    kind: 'list',
    parse: (value: string) => (value === 'none' ? [] : parseServers(value)),
  },
  defaultNamespace: {
    group: 'Check',
    value: '<name>',
    help: 'Namespace of manifests that name none.',
    fallback: 'default',
    parse: parseNamespace,
  },
} as const;

function parseNamespace(text: string): string {
  if (isNamespace(text)) return text;
  throw new UsageError(`it must be the name of a namespace, got ${quoted(text)}`);
}
