import { flagOf, OPTION_NAMES, type OptionName, optionOf, variableOf } from './options.ts';

/** The text of `--help`. `defaults`: a command's own, where they differ. */
export function helpText(defaults: Readonly<Partial<Record<OptionName, string>>> = {}): string {
  const rows = OPTION_NAMES.map((name) => {
    const { value, help, fallback, found } = optionOf(name);
    const shown = defaults[name] ?? fallback ?? found ?? 'none';
    return `  --${flagOf(name)}=${value}\n      ${help}\n      Default: ${shown}\n`;
  });
  return `externalname-monitor: DNS health of Kubernetes ExternalName Services, for Prometheus

Usage:
  externalname-monitor [options]         watch a cluster and serve /metrics
  externalname-monitor demo [options]    the same, on an embedded cluster that breaks in many ways

Options (each also as a variable, as ${variableOf('clusterDns')} for --cluster-dns; flags win):
${rows.join('')}  -h, --help
      This text.

Example:
  externalname-monitor --kubeconfig=$HOME/.kube/config --cluster-dns=10.96.0.10 --listen=127.0.0.1:9953
`;
}
