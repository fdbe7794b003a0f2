import { UsageError } from '../config/values.ts';
import { loadKubeConfig } from '../kubernetes/kubeconfig.ts';

/** @throws UsageError with the missing item */
export function kubeConfigOf(
  ...args: Parameters<typeof loadKubeConfig>
): ReturnType<typeof loadKubeConfig> {
  try {
    return loadKubeConfig(...args);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
