import { KubeConfig } from '@kubernetes/client-node';

/**
 * client-node's name for its fallback context, for http://localhost:8080, if it finds no
 * configuration.
 */
const MADE_UP = 'loaded-context';

/**
 * Loads cluster and credentials from the file, else `$KUBECONFIG`, `~/.kube/config`, or the pod's
 * ServiceAccount. Uses the given context, else the current one.
 *
 * @throws Error of one line with the missing item
 */
export function loadKubeConfig(file: string | undefined, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  try {
    if (file) config.loadFromFile(file);
    else config.loadFromDefault();
  } catch (cause) {
    // Only the first line: the YAML parser adds a picture below it.
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
