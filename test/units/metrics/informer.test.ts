import { expect, it } from 'vitest';
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import { parseSamples } from '../../fixtures/samples.ts';

it('says why the API server refuses the monitor, while it does', async () => {
  const metrics = new MonitorMetrics(30_000, { version: '1', node_version: 'v26' });
  const reasons = async () =>
    parseSamples(await metrics.text(), 'externalname_informer_failure').map(
      ({ labels, value }) => `${labels.reason} ${value}`,
    );
  const status = { synced: true, connected: false } as const;
  expect(await reasons()).toEqual([]);
  metrics.informer({ ...status, failure: 'forbidden' });
  expect(await reasons()).toEqual(['forbidden 1']);
  metrics.informer({ ...status, failure: 'unauthorized' });
  expect(await reasons()).toEqual(['unauthorized 1']);
  metrics.informer({ ...status, connected: true, failure: undefined });
  expect(await reasons()).toEqual([]);
});
