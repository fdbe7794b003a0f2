import {
  defaultOf,
  flagOf,
  GROUPS,
  namesOf,
  type OptionName,
  optionOf,
  variableOf,
} from './options.ts';

/** The text of `--help`. `defaults`: a command's own, where they differ. */
export function helpText(defaults: Readonly<Partial<Record<OptionName, string>>> = {}): string {
  const groups = GROUPS.map((group) => {
    const rows = namesOf(group).map((name) => {
      const { value, help } = optionOf(name);
      return `  --${flagOf(name)}=${value}\n      ${help}\n      Default: ${defaults[name] ?? defaultOf(name)}\n`;
    });
    return `${group}:\n${rows.join('')}`;
  });
  return `externalname-monitor: DNS health of Kubernetes ExternalName Services, for Prometheus

Usage:
  externalname-monitor [options]         watch a cluster and serve /metrics
  externalname-monitor demo [options]    the same, on an embedded cluster that breaks in many ways

Each option is a flag, a variable (${variableOf('clusterDns')} for --cluster-dns),
or a key of the YAML file of --config (cluster-dns), in this order of strength.

${groups.join('\n')}  -h, --help
      This text.
  --version
      The name and version of this program.

Examples:
  externalname-monitor --kubeconfig=$HOME/.kube/config --cluster-dns=10.96.0.10 --listen=127.0.0.1:9953
  externalname-monitor --context=staging --namespaces=shop,payments --interval=10s
  externalname-monitor --config=/etc/externalname-monitor.yaml --log-level=debug
`;
}
