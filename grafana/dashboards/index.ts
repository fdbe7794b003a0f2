import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { fleet } from './fleet/fleet.ts';
import { monitor } from './monitor/monitor.ts';
import { overview } from './overview/overview.ts';
import { service } from './service/service.ts';

/** Every dashboard by the name of its file, which lies beside generate.ts. */
export const DASHBOARDS: Record<string, () => DashboardBuilder> = {
  'externalname-fleet.json': fleet,
  'externalname-monitor.json': monitor,
  'externalname-overview.json': overview,
  'externalname-service.json': service,
};
