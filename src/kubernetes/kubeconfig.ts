import { KubeConfig } from '@kubernetes/client-node';

/** What client-node names the context that it makes up, for http://localhost:8080, where it finds nothing. */
const MADE_UP = 'loaded-context';

/**
 * Cluster and credentials: the file, else `$KUBECONFIG`, `~/.kube/config`, or the pod's ServiceAccount;
 * of its contexts the given one, else its current one.
 * @throws Error in one line, which says what is missing
 */
export function loadKubeConfig(file: string | undefined, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file) config.loadFromFile(file);
    else config.loadFromDefault();
  } catch (cause) {
    // The YAML parser draws a picture under its first line.
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    const got = file ?? (process.env.KUBECONFIG || '~/.kube/config');
    throw new Error(`Cannot read the kubeconfig: ${why}, got ${JSON.stringify(got)}`, { cause });
  }
  if (!file && config.getCurrentContext() === MADE_UP) {
    throw new Error(
      'Cannot find a cluster: no --kubeconfig, no $KUBECONFIG, no ~/.kube/config, and not in a pod with a ServiceAccount token',
    );
  }
  if (context !== undefined) {
    const names = config.getContexts().map(({ name }) => name);
    if (!names.includes(context)) {
      throw new Error(
        `Cannot use the context: the kubeconfig has ${names.join(', ') || 'none'}, got ${JSON.stringify(context)}`,
      );
    }
    config.setCurrentContext(context);
  }
  const server = config.getCurrentCluster()?.server;
  if (!server || !URL.canParse(server)) {
    throw new Error(
      `Cannot use the kubeconfig: its context names no cluster with a server address, got ${JSON.stringify(config.getCurrentContext() ?? '')}`,
    );
  }
  return config;
}
