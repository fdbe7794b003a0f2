import { OPTION_NAMES, type OptionName, optionOf } from './options.ts';

/** One command of the program, chosen by the first word. */
export interface Command {
  /** Empty for the monitor, which has no command word. */
  readonly name: string;
  /** A short description. */
  readonly about: string;
  /** Usage lines after the program's name, with a description. */
  readonly usage: readonly (readonly [line: string, what: string])[];
  /** One line for the first screen of `--help`. */
  readonly brief?: string;
  /** Notes in addition to the options. */
  readonly notes: string;
  readonly options: readonly OptionName[];
  /** Options that the command refuses with its own reason; absent from the help. */
  readonly refuses?: readonly OptionName[];
  /** The meaning of words that are no options; absent if the command takes none. */
  readonly words?: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
}

const OF_MONITOR = OPTION_NAMES.filter(
  (name) => !['Check', 'Rules'].includes(optionOf(name).group),
);

const REFUSED_BY_DEMO: readonly OptionName[] = ['kubeconfig', 'context', 'clusterDns'];

const SOURCES = `Each option is a flag, a variable (EXTERNALNAME_MONITOR_CLUSTER_DNS for --cluster-dns),
or a key of the YAML file of --config (cluster-dns). Flags override variables, variables override the file.`;

export const DEMO: Command = {
  name: 'demo',
  about: 'run on an embedded cluster full of faults',
  usage: [['demo [options]', 'run on an embedded cluster full of faults']],
  brief: 'The demo needs no cluster. It prints the URLs to open.',
  notes: SOURCES,
  options: OF_MONITOR.filter((name) => !REFUSED_BY_DEMO.includes(name)),
  refuses: REFUSED_BY_DEMO,
  examples: ['externalname-monitor demo', 'externalname-monitor demo --listen=127.0.0.1:8080'],
};

export const CHECK: Command = {
  name: 'check',
  about: 'check Services or manifests once',
  usage: [
    ['check [options] <namespace>/<service>…', 'these Services'],
    ['check [options] --all', 'all of a cluster'],
    ['check [options] -f <file|folder|->…', 'manifests'],
  ],
  brief: 'Exit status: 0 no problem; 1 problems; 2 the check failed.',
  notes: `Exit status: 0 no problem; 1 problems, or documents that cannot be read; 2 the check failed.
A problem has the level of --fail-on or a higher one: critical if pods get no address, warning if they get one
despite a fault, or the level of a finding.

${SOURCES}`,
  options: [
    'file',
    'all',
    'output',
    'failOn',
    'dns',
    'defaultNamespace',
    'kubeconfig',
    'context',
    'clusterDns',
    'clusterDomain',
    'families',
    'recordTypes',
    'timeout',
    'attempts',
    'maxOutstanding',
    'convergenceDeadline',
    'namespaces',
    'excludeNamespaces',
    'selector',
    'config',
  ],
  words: '<namespace>/<service>',
  examples: [
    'externalname-monitor check shop/db payments/bank --cluster-dns=10.96.0.10',
    'externalname-monitor check --all --namespaces=shop --output=json',
    'externalname-monitor check -f manifests/ --config=policy.yaml --output=junit',
    'kustomize build overlays/prod | externalname-monitor check -f - --dns=none',
  ],
};

export const EXPLAIN: Command = {
  name: 'explain',
  about: 'explain a verdict, finding, metric or alert',
  usage: [['explain [word…]', 'meaning of a word, and what to do']],
  brief: 'Without a word, explain lists all words.',
  notes:
    'A word is a verdict, blame, finding, outcome, metric or alert. Without a word, all words are listed.',
  options: [],
  words: '<word>',
  examples: [
    'externalname-monitor explain target_nxdomain',
    'externalname-monitor explain externalname_service_up',
    'externalname-monitor explain ExternalNameServiceUnresolvable',
  ],
};

export const RULES: Command = {
  name: 'rules',
  about: 'print the alert rules for your settings',
  usage: [['rules [options]', 'print the alert rules for these settings']],
  notes: `Options of the monitor that the rules depend on have the same names, so the file of the monitor's --config
can be used. Alerts carry the labels of --service-labels, such as team.

${SOURCES}`,
  options: [
    'interval',
    'serviceLabels',
    'runbookUrl',
    'dashboardUrl',
    'statusUrl',
    'clusterLabel',
    'manyServices',
    'objective',
    'alertSeverity',
    'format',
    'config',
  ],
  examples: [
    'externalname-monitor rules --interval=60s --service-labels=team > rules.yaml',
    'externalname-monitor rules --cluster-label=k8s_cluster --format=operator | kubectl apply --server-side -f -',
    'externalname-monitor rules --alert-severity=ExternalNameServiceUntrustedAnswer=critical',
  ],
};

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const COMPLETION: Command = {
  name: 'completion',
  about: 'print a shell completion script',
  usage: [[`completion <${SHELLS.join('|')}>`, 'print the script']],
  brief: 'To load it in bash: source <(externalname-monitor completion bash)',
  notes: `To load it:
  bash   source <(externalname-monitor completion bash)
  zsh    source <(externalname-monitor completion zsh)
  fish   externalname-monitor completion fish | source`,
  options: [],
  words: '<shell>',
  examples: ['externalname-monitor completion bash'],
};

/** All commands except the monitor itself. */
export const OTHERS: readonly Command[] = [DEMO, CHECK, EXPLAIN, RULES, COMPLETION];

export const MONITOR: Command = {
  name: '',
  about: 'watch a cluster and serve /metrics',
  usage: [
    ['[options]', 'watch a cluster and serve /metrics'],
    ...OTHERS.map(({ name, about }) => [`${name} …`, about] as const),
  ],
  brief: 'Each command has its own --help.',
  notes: `Each command has its own --help.\n\n${SOURCES}`,
  options: OF_MONITOR,
  examples: [
    'externalname-monitor --kubeconfig=$HOME/.kube/config --cluster-dns=10.96.0.10',
    'externalname-monitor --context=staging --namespaces=shop,payments --interval=10s',
    'externalname-monitor --config=/etc/externalname-monitor.yaml --log-level=debug',
    'externalname-monitor check --all --cluster-dns=10.96.0.10',
    'externalname-monitor explain target_nxdomain',
  ],
};

export const COMMANDS: readonly Command[] = [MONITOR, ...OTHERS];
