import {
  durationText,
  parseCount,
  parseDomain,
  parseDuration,
  parseFamilies,
  parseListen,
  parseServers,
  parseWord,
} from './values.ts';

interface Option<T> {
  /** What stands for the value in the help text. */
  readonly value: string;
  readonly help: string;
  /** As a user would write it; absent where the default is found out at start. */
  readonly fallback?: string;
  /** What the help text says of the default where there is no `fallback`. */
  readonly found?: string;
  /** @throws UsageError with what is expected and the offending value */
  readonly parse: (text: string) => T;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const SECOND = 1_000;

/**
 * Every option once. A key is the flag in camel case: `clusterDns` is `--cluster-dns`
 * and `EXTERNALNAME_MONITOR_CLUSTER_DNS`.
 */
export const OPTIONS = {
  kubeconfig: text({
    value: '<file>',
    help: 'Cluster and credentials.',
    found: '$KUBECONFIG, ~/.kube/config, or the pod’s ServiceAccount',
  }),
  listen: {
    value: '<host:port>',
    help: 'Where /metrics, /livez and /readyz are served.',
    fallback: '[::]:9953',
    parse: parseListen,
  },
  clusterDns: {
    value: '<address[:port],…>',
    help: 'DNS servers that pods use, in failover order.',
    found: 'nameserver lines of /etc/resolv.conf',
    parse: parseServers,
  },
  clusterDomain: {
    value: '<domain>',
    help: 'The cluster’s DNS domain.',
    found: 'search line of /etc/resolv.conf, else cluster.local',
    parse: parseDomain,
  },
  families: {
    value: '<families>',
    help: 'Address families that pods can use: auto, ipv4, ipv6 or ipv4,ipv6. auto takes those of $POD_IPS, else both.',
    fallback: 'auto',
    parse: parseFamilies,
  },
  interval: duration(
    { help: 'How often each Service is probed.', fallback: '30s' },
    500,
    3600 * SECOND,
  ),
  timeout: duration(
    {
      help: 'How long one attempt waits for its reply.',
      found: 'options timeout: of /etc/resolv.conf, else 5s',
    },
    50,
    60 * SECOND,
  ),
  attempts: {
    value: '<count>',
    help: 'How often a query without a reply is tried.',
    found: 'options attempts: of /etc/resolv.conf, else 2',
    parse: (value: string) => parseCount(value, 1, 10),
  },
  convergenceDeadline: duration(
    { help: 'How long cluster DNS may take to serve a new or edited Service.', fallback: '60s' },
    SECOND,
    3600 * SECOND,
  ),
  concurrency: {
    value: '<count>',
    help: 'How many rounds may be under way at once.',
    fallback: '1000',
    parse: (value: string) => parseCount(value, 1, 100_000),
  },
  logLevel: {
    value: '<level>',
    help: `One of ${LOG_LEVELS.join(', ')}.`,
    fallback: 'info',
    parse: (value: string) => parseWord(value, LOG_LEVELS),
  },
} as const satisfies Record<string, Option<unknown>>;

export type OptionName = keyof typeof OPTIONS;

/** The options as given; absent where nothing was given and the default is found out at start. */
export type Options = {
  [Name in OptionName]: (typeof OPTIONS)[Name] extends { fallback: string }
    ? ReturnType<(typeof OPTIONS)[Name]['parse']>
    : ReturnType<(typeof OPTIONS)[Name]['parse']> | undefined;
};

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** `clusterDns` → `cluster-dns`. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `clusterDns` → `EXTERNALNAME_MONITOR_CLUSTER_DNS`. */
export function variableOf(name: string): string {
  return `EXTERNALNAME_MONITOR_${flagOf(name).replaceAll('-', '_').toUpperCase()}`;
}

/** An option as the table above reads it, whatever its type. */
export function optionOf(name: OptionName): Option<unknown> {
  return OPTIONS[name];
}

function text(option: Omit<Option<string>, 'parse'>): Option<string> {
  return { ...option, parse: (value: string) => value };
}

function duration<O extends { help: string; fallback?: string; found?: string }>(
  option: O,
  least: number,
  most: number,
) {
  return {
    ...option,
    help: `${option.help} From ${durationText(least)} to ${durationText(most)}.`,
    value: '<duration>',
    parse: (value: string) => parseDuration(value, least, most),
  };
}
