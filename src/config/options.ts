import { LEVELS } from '../model/finding.ts';
import { PROBED_HOPS } from '../model/messages.ts';
import { CHECK_OPTIONS } from './check-options.ts';
import {
  parseClusterName,
  parseConfigMapName,
  parseLabelNames,
  parseNamespaces,
  parseSelector,
  parseServiceName,
  SERVICE_LABEL_LIMIT,
} from './kubernetes-values.ts';
import { RULE_OPTIONS } from './rule-options.ts';
import { parseUpstreamDns } from './upstream-dns.ts';
import {
  durationText,
  HORIZON,
  parseBoolean,
  parseCanary,
  parseCount,
  parseDomain,
  parseDomains,
  parseDuration,
  parseFamilies,
  parseHorizon,
  parseListen,
  parseRecordTypes,
  parseSearchDomains,
  parseServers,
  parseShard,
  parseText,
  parseTlsServers,
  parseUrl,
  parseWord,
  UsageError,
} from './values.ts';

/** Groups of options in `--help` and docs/options.md, in order. */
export const GROUPS = [
  'Cluster',
  'DNS',
  'Probing',
  'Services',
  'Metrics',
  'Logging & web',
  'Check',
  'Rules',
  'General',
] as const;

interface Option<T> {
  readonly group: (typeof GROUPS)[number];
  /** The placeholder for the value in the help text. */
  readonly value: string;
  /** Sentences. The first one alone is on the first screen of `--help`, if the option is there. */
  readonly help: string;
  /** On the first screen of `--help`; the others are in `--help=all` only. */
  readonly isUsual?: true;
  /** In the syntax of a user; absent if the default is determined at start. */
  readonly fallback?: string;
  /** The help text for the default if `fallback` is absent or empty. */
  readonly found?: string;
  /** The type in YAML, unless it is text. A boolean flag may omit its value, which means `true`. */
  readonly kind?: 'boolean' | 'list';
  /** All values, if they are few, for shell completion. */
  readonly words?: readonly string[];
  /** A single-letter form of the flag. */
  readonly short?: string;
  /** Requests an action, not a setting: there is no variable and no key in the file. */
  readonly flagOnly?: true;
  /** May be given several times: `parse` receives all values, separated by `SEPARATOR`. */
  readonly repeats?: true;
  /** @throws UsageError with the expected form and the invalid value */
  readonly parse: (text: string) => T;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const LOG_FORMATS = ['auto', 'json', 'text'] as const;
const SECOND = 1_000;

/**
 * All options. A key is the flag in camel case: `clusterDns` is `--cluster-dns`,
 * `EXTERNALNAME_MONITOR_CLUSTER_DNS`, and `cluster-dns` in the file. One flag contains dots,
 * because every Prometheus exporter spells it that way.
 */
export const OPTIONS = {
  kubeconfig: {
    group: 'Cluster',
    isUsual: true,
    value: '<file>',
    help: 'Cluster and credentials.',
    found: '$KUBECONFIG, ~/.kube/config, or the pod’s ServiceAccount',
    parse: parseText,
  },
  context: {
    group: 'Cluster',
    value: '<name>',
    help: 'Context of the kubeconfig.',
    found: 'its current context',
    parse: parseText,
  },
  clusterName: {
    group: 'Cluster',
    value: '<name>',
    help: 'Name of this cluster for people with several: in page titles, the API, Events, log lines and externalname_build_info.',
    found: 'none: no name is shown',
    parse: parseClusterName,
  },
  clusterDns: {
    group: 'DNS',
    isUsual: true,
    value: '<address[:port],…>',
    help: 'DNS servers of pods, in failover order.',
    found: 'nameserver lines of /etc/resolv.conf',
    kind: 'list',
    parse: parseServers,
  },
  clusterDomain: {
    group: 'DNS',
    value: '<domain>',
    help: 'The cluster’s DNS domain.',
    found: 'search line of /etc/resolv.conf, else cluster.local',
    parse: parseDomain,
  },
  upstreamCanary: {
    group: 'DNS',
    value: '<name>',
    help: 'The name of the NS query that shows whether a DNS server gets answers from outside. Each server gets one query per interval; failures count only after a first success. none sends no such query.',
    fallback: '.',
    parse: parseCanary,
  },
  searchDomains: {
    group: 'DNS',
    value: '<domain,…|none>',
    help: 'Search domains of the nodes. Once an hour each gets a query for a name that cannot exist, to find a domain with a wildcard.',
    found: 'search line of /etc/resolv.conf, without those of the cluster',
    kind: 'list',
    parse: parseSearchDomains,
  },
  dnssecHorizon: {
    group: 'DNS',
    value: '<duration|off>',
    help: `Report targets with a DNSSEC signature that ends within this time, such as 72h. Each distinct target gets a query with DO once an hour. ${rangeText(HORIZON.least, HORIZON.most)}`,
    fallback: 'off',
    parse: parseHorizon,
  },
  upstreamDns: {
    group: 'DNS',
    value: '<auto|off|address[:port],…>',
    help: 'The resolvers that cluster DNS forwards to. They get queries for failing targets, as evidence of the cause. auto reads the resolvers from --upstream-config; tls:// is as in --reference-dns.',
    fallback: 'off',
    parse: parseUpstreamDns,
  },
  upstreamConfig: {
    group: 'DNS',
    value: '<namespace/name>',
    help: 'For --upstream-dns=auto: the ConfigMap with the Corefile of CoreDNS, or with the stubDomains of kube-dns. The monitor needs get on it.',
    fallback: 'kube-system/coredns',
    parse: parseConfigMapName,
  },
  upstreamResolvConf: {
    group: 'DNS',
    value: '<file>',
    help: 'For --upstream-dns=auto: the resolv.conf of the nodes, for a Corefile that forwards to /etc/resolv.conf. It is reloaded once a minute.',
    found: 'none: those resolvers get no query',
    parse: parseText,
  },
  discoverDnsPods: {
    group: 'DNS',
    value: '<true|false>',
    help: 'Also query each pod of cluster DNS separately. The monitor needs list and watch on EndpointSlices.',
    fallback: 'false',
    kind: 'boolean',
    parse: parseBoolean,
  },
  dnsService: {
    group: 'DNS',
    value: '<namespace/name>',
    help: 'For --discover-dns-pods: the Service of cluster DNS.',
    fallback: 'kube-system/kube-dns',
    parse: parseServiceName,
  },
  families: {
    group: 'DNS',
    value: '<families>',
    help: 'Address families of pods: auto, ipv4, ipv6 or ipv4,ipv6. auto uses the families of $POD_IPS, or both without it.',
    fallback: 'auto',
    kind: 'list',
    parse: parseFamilies,
  },
  recordTypes: {
    group: 'DNS',
    value: '<types>',
    help: 'Address records to query: A, AAAA or A,AAAA.',
    fallback: 'A,AAAA',
    kind: 'list',
    parse: parseRecordTypes,
  },
  timeout: duration(
    {
      group: 'DNS',
      help: 'Timeout of one attempt.',
      found: 'options timeout: of /etc/resolv.conf, else 5s',
    },
    50,
    60 * SECOND,
  ),
  attempts: count(
    {
      group: 'DNS',
      help: 'Attempts per query. A retry follows a timeout.',
      found: 'options attempts: of /etc/resolv.conf, else 2',
    },
    1,
    10,
  ),
  referenceDns: {
    group: 'DNS',
    value: '<address[:port],…>',
    help: 'Reference resolvers, to compare with cluster DNS. Each also gets the queries for targets. tls://<address>[:port][#name] uses TLS (RFC 7858); the certificate must be valid for the name, or without a name for the address.',
    found: 'none',
    kind: 'list',
    parse: parseTlsServers,
  },
  referenceCa: {
    group: 'DNS',
    value: '<file>',
    help: 'CA certificates (PEM) for reference resolvers over TLS.',
    found: 'those of Node.js, and of $NODE_EXTRA_CA_CERTS',
    parse: parseText,
  },
  referenceInterval: duration(
    {
      group: 'DNS',
      help: 'Interval between queries of a reference resolver for a target.',
      fallback: '5m',
    },
    SECOND,
    24 * 3600 * SECOND,
  ),
  referenceZones: {
    group: 'DNS',
    value: '<domain,…>',
    help: 'Reference resolvers get queries only for targets in these domains, so that no other name is leaked to them.',
    fallback: '',
    found: 'all under a public suffix',
    kind: 'list',
    parse: parseDomains,
  },
  interval: duration(
    {
      group: 'Probing',
      isUsual: true,
      help: 'Probe interval of a Service.',
      fallback: '30s',
    },
    500,
    3600 * SECOND,
  ),
  minInterval: duration(
    {
      group: 'Probing',
      help: 'The shortest interval that the annotation of a Service can set.',
      found: '--interval with --hops=app, else 5s or --interval if that is shorter',
    },
    500,
    3600 * SECOND,
  ),
  hops: {
    group: 'Probing',
    value: '<all|app>',
    help: 'app sends only the queries of pods, and those of the other hops for failing Services. Use it for a monitor on each node.',
    fallback: 'all',
    parse: (value: string) => parseWord(value, PROBED_HOPS),
  },
  convergenceDeadline: duration(
    {
      group: 'Probing',
      help: 'Time that cluster DNS has to serve a new or edited Service.',
      fallback: '60s',
    },
    SECOND,
    3600 * SECOND,
  ),
  driftWindow: duration(
    {
      group: 'Probing',
      help: 'Time that the answers of a target are remembered. An answer that returns within it is no drift.',
      fallback: '24h',
    },
    60 * SECOND,
    720 * 3600 * SECOND,
  ),
  driftEntries: count(
    {
      group: 'Probing',
      help: 'Number of addresses that are remembered for each target.',
      fallback: '64',
    },
    8,
    1_024,
  ),
  concurrency: count(
    {
      group: 'Probing',
      help: 'Limit of concurrent rounds that cluster DNS answers without forwarding.',
      fallback: '1000',
    },
    1,
    100_000,
  ),
  maxOutstanding: count(
    {
      group: 'Probing',
      help: 'Limit of unanswered queries that cluster DNS must forward. Above its max_concurrent, CoreDNS refuses the queries of all clients.',
      fallback: '100',
    },
    1,
    100_000,
  ),
  namespaces: {
    group: 'Services',
    isUsual: true,
    value: '<name,…>',
    help: 'Only Services of these namespaces.',
    fallback: '',
    found: 'all',
    kind: 'list',
    parse: parseNamespaces,
  },
  excludeNamespaces: {
    group: 'Services',
    value: '<name,…>',
    help: 'No Services of these namespaces, even if --namespaces lists them.',
    fallback: '',
    found: 'none',
    kind: 'list',
    parse: parseNamespaces,
  },
  selector: {
    group: 'Services',
    value: '<selector>',
    help: 'Only Services with these labels, in the syntax of kubectl: team=shop,tier in (a,b),!legacy.',
    fallback: '',
    found: 'all',
    parse: parseSelector,
  },
  maxServices: count(
    {
      group: 'Services',
      help: 'Limit of watched Services, shared fairly among namespaces. The others are counted as dropped. 0 is no limit.',
      fallback: '20000',
    },
    0,
    1_000_000,
  ),
  shard: {
    group: 'Services',
    value: '<number|auto>',
    help: 'Number of this shard, from 0. auto takes the number at the end of $POD_NAME, as in a StatefulSet.',
    fallback: '0',
    parse: parseShard,
  },
  totalShards: count(
    {
      group: 'Services',
      help: 'Number of shards. The UID of a Service decides which shard watches it.',
      fallback: '1',
    },
    1,
    1_000,
  ),
  serviceHistograms: {
    group: 'Metrics',
    value: '<true|false>',
    help: 'Latency histograms of each Service. Use false above about 2,000 Services.',
    fallback: 'true',
    kind: 'boolean',
    parse: parseBoolean,
  },
  nativeHistograms: {
    group: 'Metrics',
    value: '<true|false>',
    help: 'Native histograms in addition to those of --service-histograms. Prometheus gets them in the protobuf format.',
    fallback: 'false',
    kind: 'boolean',
    parse: parseBoolean,
  },
  serviceLabels: {
    group: 'Metrics',
    value: '<label,…>',
    help: `Labels of Services that externalname_service_info exports as label_*. At most ${SERVICE_LABEL_LIMIT}.`,
    fallback: '',
    found: 'none',
    kind: 'list',
    parse: parseLabelNames,
  },
  findingLevel: {
    group: 'Metrics',
    value: '<level>',
    help: `The lowest level of findings that externalname_finding exports: ${LEVELS.join(', ')}.`,
    fallback: 'warning',
    words: LEVELS,
    parse: (value: string) => parseWord(value, LEVELS),
  },
  listen: {
    group: 'Logging & web',
    isUsual: true,
    value: '<host:port>',
    help: 'Listen address. It serves the status page, the API, /metrics, /livez and /readyz.',
    fallback: '[::]:9953',
    parse: parseListen,
  },
  runbookUrl: {
    group: 'Logging & web',
    value: '<URL>',
    help: 'Folder of the runbooks that pages link to. Each runbook is <alert>.md in it.',
    fallback:
      'https://github.com/externalname-monitor/externalname-monitor/blob/main/docs/runbooks',
    parse: parseUrl,
  },
  dashboardUrl: {
    group: 'Logging & web',
    value: '<URL>',
    help: 'The Grafana dashboard that the page of a Service links to. var-namespace and var-service are added.',
    found: 'none',
    parse: parseUrl,
  },
  'web.config.file': {
    group: 'Logging & web',
    value: '<file>',
    help: 'TLS and users, in the common format of Prometheus exporters. It is reloaded after a change. See docs/web-security.md.',
    found: 'none: HTTP without authentication',
    parse: parseText,
  },
  logLevel: {
    group: 'Logging & web',
    value: '<level>',
    help: `Log level. One of ${LOG_LEVELS.join(', ')}.`,
    fallback: 'info',
    words: LOG_LEVELS,
    parse: (value: string) => parseWord(value, LOG_LEVELS),
  },
  logFormat: {
    group: 'Logging & web',
    value: '<format>',
    help: `Log format. One of ${LOG_FORMATS.join(', ')}. auto is text on a terminal, else json.`,
    fallback: 'auto',
    words: LOG_FORMATS,
    parse: (value: string) => parseWord(value, LOG_FORMATS),
  },
  events: {
    group: 'Logging & web',
    value: '<true|false>',
    help: 'Write a Kubernetes Event on a Service after its verdict has changed for two rounds. The monitor needs get, create and patch on Events.',
    fallback: 'false',
    kind: 'boolean',
    parse: parseBoolean,
  },
  ...CHECK_OPTIONS,
  ...RULE_OPTIONS,
  config: {
    group: 'General',
    isUsual: true,
    value: '<file>',
    help: 'YAML file with any of the other options.',
    found: 'none',
    parse: parseText,
  },
} as const satisfies Record<string, Option<unknown>>;

export type OptionName = keyof typeof OPTIONS;

/**
 * The parsed options; an option is absent if it was not given and its default is determined at
 * start.
 */
export type Options = {
  [Name in OptionName]: (typeof OPTIONS)[Name] extends { fallback: string }
    ? ReturnType<(typeof OPTIONS)[Name]['parse']>
    : ReturnType<(typeof OPTIONS)[Name]['parse']> | undefined;
};

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The value of an option and its source, as an error names it. */
export interface Setting {
  readonly text: string;
  readonly source: string;
}

export type Settings = ReadonlyMap<OptionName, Setting>;

/** `clusterDns` → `cluster-dns`, which is also the key in the file. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `clusterDns` → `EXTERNALNAME_MONITOR_CLUSTER_DNS`. */
export function variableOf(name: string): string {
  return `EXTERNALNAME_MONITOR_${flagOf(name).replaceAll(/[-.]/g, '_').toUpperCase()}`;
}

/**
 * Parses a setting.
 *
 * @throws UsageError with its source, the reason and the invalid value
 */
export function parsed<T>({ text, source }: Setting, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`Cannot use ${source}: ${error.message}`);
  }
}

/** An option of the table above, of any type. */
export function optionOf(name: OptionName): Option<unknown> {
  return OPTIONS[name];
}

/** The options of a group, in the order of the table. */
export function namesOf(group: string): OptionName[] {
  return OPTION_NAMES.filter((name) => optionOf(name).group === group);
}

/** The default as text for people. */
export function defaultOf(name: OptionName): string {
  const { fallback, found } = optionOf(name);
  return fallback || found || 'none';
}

type Described = Omit<Option<number>, 'value' | 'parse'>;

function duration<O extends Described>(option: O, least: number, most: number) {
  return {
    ...option,
    help: `${option.help} ${rangeText(least, most)}`,
    value: '<duration>',
    parse: (value: string) => parseDuration(value, least, most),
  };
}

function rangeText(least: number, most: number): string {
  return `From ${durationText(least)} to ${durationText(most)}.`;
}

function count<O extends Described>(option: O, least: number, most: number) {
  return { ...option, value: '<count>', parse: (value: string) => parseCount(value, least, most) };
}
