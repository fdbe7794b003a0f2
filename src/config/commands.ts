import { OPTION_NAMES, type OptionName, optionOf } from './options.ts';

/** One command of the program, chosen by the first word. */
export interface Command {
  /** Empty for the monitor, which has no command word. */
  readonly name: string;
  /** A short description. */
  readonly about: string;
  /** Usage lines after the program's name, with a description. */
  readonly usage: readonly (readonly [line: string, what: string])[];
  /** Notes in addition to the options. */
  readonly notes: string;
  readonly options: readonly OptionName[];
  /** The meaning of words that are no options; absent if the command takes none. */
  readonly words?: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
}

const OF_MONITOR = OPTION_NAMES.filter(
  (name) => !['Check', 'Rules'].includes(optionOf(name).group),
);

const SOURCES = `Each option is a flag, a variable (EXTERNALNAME_MONITOR_CLUSTER_DNS for --cluster-dns),
or a key of the YAML file of --config (cluster-dns), in this order of strength.`;

export const DEMO: Command = {
  name: 'demo',
  about: 'the same, on an embedded cluster that breaks in many ways',
  usage: [['demo [options]', 'the monitor, on an embedded cluster that breaks in many ways']],
  notes: SOURCES,
  options: OF_MONITOR,
  examples: ['externalname-monitor demo', 'externalname-monitor demo --listen=127.0.0.1:8080'],
};

export const CHECK: Command = {
  name: 'check',
  about: 'look at Services or manifests once, and say what is wrong',
  usage: [
    ['check [options] <namespace>/<service>…', 'these Services of a cluster'],
    ['check [options] --all', 'all ExternalName Services of a cluster'],
    ['check [options] -f <file|folder|->…', 'manifests, before they reach a cluster'],
  ],
  notes: `Exit status: 0 no problem; 1 problems, or documents that cannot be read; 2 it could not be checked.
A problem is whatever is at least as bad as --fail-on: pods get no address (critical), they do but
something is wrong (warning), or a finding of that level.

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
  about: 'what a verdict, finding, metric or alert means, and what to do',
  usage: [['explain [word…]', 'what verdicts, blames, findings, outcomes, metrics or alerts mean']],
  notes: 'Without a word, all words are listed.',
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
  about: 'print the alert rules for Prometheus, for your settings',
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
    'externalname-monitor rules --cluster-label=k8s_cluster --format=operator | kubectl apply -f -',
    'externalname-monitor rules --alert-severity=ExternalNameServiceUntrustedAnswer=critical',
  ],
};

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const COMPLETION: Command = {
  name: 'completion',
  about: 'a script that lets a shell complete all this',
  usage: [[`completion <${SHELLS.join('|')}>`, 'writes a script to standard output']],
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
  notes: `Each command has a --help of its own.\n\n${SOURCES}`,
  options: OF_MONITOR,
  examples: [
    'externalname-monitor --kubeconfig=$HOME/.kube/config --cluster-dns=10.96.0.10 --listen=127.0.0.1:9953',
    'externalname-monitor --context=staging --namespaces=shop,payments --interval=10s',
    'externalname-monitor --config=/etc/externalname-monitor.yaml --log-level=debug',
    'externalname-monitor check --all --cluster-dns=10.96.0.10',
    'externalname-monitor explain target_nxdomain',
  ],
};

export const COMMANDS: readonly Command[] = [MONITOR, ...OTHERS];
