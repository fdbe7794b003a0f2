/**
 * The label that names a cluster in a Prometheus, or a Thanos, above several clusters. To generate the dashboards for
 * another label: `CLUSTER_LABEL=k8s_cluster npm run dashboards`. The alerts have the same setting, `--cluster-label`.
 */
export const CLUSTER = labelName(process.env.CLUSTER_LABEL ?? 'cluster');

/** For a legend. A series without the label leaves nothing. */
export const CLUSTER_LEGEND = `{{${CLUSTER}}}`;

/** @throws Error if it is no label name of Prometheus */
function labelName(text: string): string {
  if (/^[A-Za-z_]\w*$/.test(text)) return text;
  throw new Error(`Cannot generate dashboards: CLUSTER_LABEL must be a label name, got ${text}`);
}
