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
    isUsual: true,
    value: '<file>',
    help: 'Manifests to check, instead of a cluster. A YAML or JSON file, a folder, or - for standard input. It can be repeated; words after it are files as well.',
    found: 'none',
    short: 'f',
    flagOnly: true,
    repeats: true,
    parse: (text: string) => text.split(SEPARATOR).map(parseText),
  },
  all: {
    group: 'Check',
    isUsual: true,
    value: '<true|false>',
    help: 'Check all ExternalName Services. Those of the cluster, or of --namespaces.',
    fallback: 'false',
    kind: 'boolean',
    flagOnly: true,
    parse: parseBoolean,
  },
  output: {
    group: 'Check',
    isUsual: true,
    value: '<format>',
    help: `Output format. One of ${OUTPUTS.join(', ')}.`,
    fallback: 'table',
    words: OUTPUTS,
    parse: (value: string) => parseWord(value, OUTPUTS),
  },
  failOn: {
    group: 'Check',
    isUsual: true,
    value: '<level>',
    help: `Lowest level of a problem. One of ${LEVELS.join(', ')}.`,
    fallback: 'warning',
    words: LEVELS,
    parse: (value: string) => parseWord(value, LEVELS),
  },
  dns: {
    group: 'Check',
    value: '<address[:port],…>',
    help: 'DNS servers that resolve the targets of manifests. none checks the spec only.',
    found: 'nameserver lines of /etc/resolv.conf',
    kind: 'list',
    parse: (value: string) => (value === 'none' ? [] : parseServers(value)),
  },
  defaultNamespace: {
    group: 'Check',
    value: '<name>',
    help: 'Namespace of manifests without a namespace.',
    fallback: 'default',
    parse: parseNamespace,
  },
} as const;

function parseNamespace(text: string): string {
  if (isNamespace(text)) return text;
  throw new UsageError(`it must be the name of a namespace, got ${quoted(text)}`);
}
