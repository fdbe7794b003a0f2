/** Faults caused by a line of the Corefile, on a real CoreDNS, with the monitor's verdicts. */
import { expect, test } from 'vitest';
import { describeE2e, externalName } from '../lab/cluster/index.ts';
import { monitored } from './monitor.ts';

const OUTSIDE = 'legacy.shop.svc.cluster.local';

describeE2e('lines of the Corefile', () => {
  const m = monitored(
    async ({ kube }) => {
      await kube.create(externalName('legacy', OUTSIDE));
      await kube.create(externalName('one', 'www.example.test'));
      await kube.create(externalName('other', 'other.example.test'));
    },
    [],
    {
      zones: {
        'example.test': { www: ['A 192.0.2.1'], other: ['A 192.0.2.2'] },
        'svc.cluster.local': { 'legacy.shop': ['A 192.0.2.3'] },
      },
      coredns: {
        kubernetesConfig: ['fallthrough'],
        plugins: [
          `rewrite name exact one.default.svc.cluster.local other.default.svc.cluster.local`,
        ],
      },
    },
  );

  const detail = async (service: string) =>
    JSON.parse((await m.monitor.get(`/api/v1/services/default/${service}`)).text);

  test('that explain themselves: fallthrough, rewrite', async () => {
    await m.verdicts({
      'default/legacy': '0 app_view_broken cluster_dns',
      'default/one': '1 alias_mismatch cluster_dns',
      'default/other': '1 healthy none',
    });
    expect(await detail('legacy')).toMatchObject({
      evidence: expect.stringContaining('`fallthrough` is the reason'),
      advice: expect.stringContaining(`Create the Service ${OUTSIDE}`),
    });
    expect(await detail('one')).toMatchObject({
      evidence: expect.stringContaining('which is the spec.externalName of default/other'),
      advice: expect.stringContaining('`rewrite`'),
    });
    const page = (await m.monitor.get('/services/default/legacy')).text;
    expect(page).toContain('`fallthrough` in the Corefile does not help');
  });
});
