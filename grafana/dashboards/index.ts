import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { overview } from './overview.ts';

/** Every dashboard by the name of its file, which lies beside generate.ts. */
export const DASHBOARDS: Record<string, () => DashboardBuilder> = {
  'externalname-overview.json': overview,
};
