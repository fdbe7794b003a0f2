import { expect, test } from 'vitest';
import { isOver, type Notice, pages } from '../alerting/webhook.ts';
import { describeE2e, externalName, namespace, until } from '../cluster/index.ts';
import { alerted, WAIT } from './alerted.ts';

const A = ['A 192.0.2.1', 'A 192.0.2.2'];
const ZONES = {
  'one.test': {
    cared: A,
    quiet: A,
    half: [...A, 'AAAA 2001:db8::1'],
    moves: ['A 192.0.2.3'],
    itself: ['A 127.0.0.1', 'A 192.0.2.1'],
    fine: A,
  },
};

const SEVERITY = 'externalname-monitor/severity';

/** Each Service with its target, what its owner asks for, and what is then told: the alert, and to whom. */
const SERVICES: readonly {
  readonly name: string;
  readonly target: string;
  readonly severity?: string;
  readonly told?: string;
}[] = [
  { name: 'never', target: 'never.one.test', told: 'ExternalNameServiceDanglingTarget warning' },
  { name: 'literal', target: '192.0.2.9', told: 'ExternalNameServiceNeverUp warning' },
  { name: 'half', target: 'half.one.test', told: 'ExternalNameServiceDegraded warning' },
  { name: 'itself', target: 'itself.one.test', told: 'ExternalNameServiceCriticalFinding warning' },
  { name: 'moves', target: 'moves.one.test', told: 'ExternalNameServiceTargetReplaced warning' },
  {
    name: 'cared',
    target: 'cared.one.test',
    severity: 'ticket',
    told: 'ExternalNameServiceUnresolvable warning',
  },
  {
    name: 'quiet',
    target: 'quiet.one.test',
    severity: 'none',
    told: 'ExternalNameServiceUnresolvable info',
  },
  { name: 'fine', target: 'fine.one.test' },
];

const EXPECTED = SERVICES.flatMap(({ name, told }) => (told ? [`${name}: ${told}`] : []));

describeE2e('tickets, from a real fault to the queue', { timeout: 240_000 }, () => {
  const a = alerted(ZONES, async ({ kube }) => {
    await kube.create(namespace('orders'));
    for (const { name, target, severity } of SERVICES) {
      const service = externalName(name, target, 'orders');
      const annotations = severity === undefined ? {} : { [SEVERITY]: severity };
      await kube.create({ ...service, metadata: { ...service.metadata, annotations } });
    }
  });

  const firing = (): Notice[] => a.webhook.notices.filter(({ status }) => status === 'firing');

  test('each Service has its own, once, and nobody is woken', async () => {
    // An address counts as replaced once it has been there long enough to be known as the normal one.
    await a.holds('count(externalname_service_rounds_total{result="up"} > 25) == bool 6');
    const { authority, upstream } = a.cluster;
    upstream.answer('SERVFAIL', { names: ['half.one.test'], types: ['AAAA'] });
    await authority.set('cared.one.test');
    await authority.set('quiet.one.test');
    await authority.set('moves.one.test', 'A 198.51.100.3');
    await until('all tickets', () => firing().length >= EXPECTED.length, WAIT).catch(() => {});
    // Whatever else might be said has had its time.
    await a.holds(
      'count_over_time(ALERTS{alertname="ExternalNameServiceNeverUp",alertstate="firing"}[5m]) >= 20',
    );
    expect(firing().map(words).sort()).toEqual([...EXPECTED].sort());
    expect(pages(a.webhook.notices)).toEqual([]);
  });

  test('and is resolved after the mend', async () => {
    await a.cluster.mend();
    await a.cluster.authority.serve(ZONES);
    await a.cluster.kube.patch(externalName('literal', '', 'orders'), {
      spec: { externalName: 'fine.one.test' },
    });
    await a.cluster.kube.delete(externalName('never', '', 'orders'));
    // That a target has moved stays worth knowing for an hour; what is found stays there.
    const mended = firing().filter(
      ({ labels }) => !['moves', 'itself'].includes(labels.service ?? ''),
    );
    await until(
      'their ends',
      () => mended.every((ticket) => isOver(ticket, a.webhook.notices)),
      WAIT,
    );
  });
});

function words({ labels }: Notice): string {
  return `${labels.service}: ${labels.alertname} ${labels.severity}`;
}
