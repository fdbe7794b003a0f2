import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOver, type Notice, pages } from '../lab/alerting/webhook.ts';
import { describeE2e, externalName, namespace, until } from '../lab/cluster/index.ts';
import { alerted, WAIT } from './alerted.ts';

const ADDRESSES = ['A 192.0.2.1', 'A 192.0.2.2'];
const ZONES = {
  'one.test': {
    fine: ADDRESSES,
    cared: ADDRESSES,
    quiet: ADDRESSES,
    stale: ADDRESSES,
    half: [...ADDRESSES, 'AAAA 2001:db8::1'],
    family: [...ADDRESSES, 'AAAA 2001:db8::1'],
    moves: ['A 192.0.2.3'],
    itself: ['A 127.0.0.1', 'A 192.0.2.1'],
    forbidden: ['A 203.0.113.1', 'A 203.0.113.2'],
  },
};

const NAMESPACE = 'orders';
const POLICY = 'policy: { denied-cidrs: [203.0.113.0/24] }';
const ALL_ALLOWED = 'policy: {}';

interface Case {
  readonly name: string;
  readonly target: string;
  /** The severity that its owner sets by annotation. */
  readonly severity?: string;
  /** The expected alert and its severity. */
  readonly told?: string;
}

const CASES: readonly Case[] = [
  { name: 'fine', target: 'fine.one.test' },
  // Both are dead from the start: one ticket for the namespace.
  { name: 'never', target: 'never.one.test' },
  { name: 'literal', target: '192.0.2.9' },
  { name: 'cared', target: 'cared.one.test', severity: 'ticket', told: 'Unresolvable warning' },
  { name: 'quiet', target: 'quiet.one.test', severity: 'none', told: 'Unresolvable info' },
  { name: 'stale', target: 'stale.one.test', told: 'AliasMismatch warning' },
  { name: 'half', target: 'half.one.test', told: 'Degraded warning' },
  { name: 'family', target: 'family.one.test', told: 'FamilyFailing warning' },
  { name: 'moves', target: 'moves.one.test', told: 'TargetReplaced warning' },
  { name: 'itself', target: 'itself.one.test', told: 'CriticalFinding warning' },
  { name: 'forbidden', target: 'forbidden.one.test', told: 'UntrustedAnswer warning' },
];

const TICKETS = [
  ...CASES.flatMap(({ name, told }) => (told ? [`${name}: ExternalNameService${told}`] : [])),
  'ExternalNameNamespaceNeverUp warning',
  'ExternalNameMonitorReloadFailed warning',
];

describeE2e('tickets, from a real fault to the queue', { timeout: 240_000 }, () => {
  let policy: string;

  const a = alerted(ZONES, async ({ kube, folder }) => {
    await kube.create(namespace(NAMESPACE));
    for (const { name, target, severity } of CASES) {
      const service = externalName(name, target, NAMESPACE);
      const annotations = severity ? { 'externalname-monitor/severity': severity } : {};
      await kube.create({ ...service, metadata: { ...service.metadata, annotations } });
    }
    policy = join(folder, 'config.yaml');
    await writeFile(policy, POLICY);
    return [`--config=${policy}`];
  });

  const firing = (): Notice[] => a.webhook.notices.filter(({ status }) => status === 'firing');

  const pointTo = async (name: string, target: string): Promise<void> => {
    await a.cluster.kube.patch(externalName(name, '', NAMESPACE), {
      spec: { externalName: target },
    });
  };

  test('each fault has its own, once, and nobody is woken', async () => {
    const { authority, dns, upstream } = a.cluster;
    // An address counts as replaced only if it was there long enough to be known as the normal one.
    await a.holds(
      `count(externalname_service_rounds_total{result="up"} > 25) == bool ${CASES.length - 2}`,
    );
    upstream.answer('SERVFAIL', { names: ['half.one.test'], types: ['AAAA'] });
    dns.answer('SERVFAIL', { names: [`family.${NAMESPACE}.svc.cluster.local`], types: ['AAAA'] });
    dns.apiLink.cutOff();
    await pointTo('stale', 'fine.one.test');
    await authority.set('cared.one.test');
    await authority.set('quiet.one.test');
    await authority.set('moves.one.test', 'A 198.51.100.3');
    await writeFile(policy, 'policy: { denied-cidrs: [everything] }');
    await until('all tickets', () => firing().length >= TICKETS.length, WAIT).catch(() => {});
    // The alert with the longest `for` has fired, so all other alerts have had enough time.
    await a.holds(
      'count_over_time(ALERTS{alertname="ExternalNameNamespaceNeverUp",alertstate="firing"}[20s:1s]) >= 20',
    );
    expect(firing().map(words).sort()).toEqual([...TICKETS].sort());
    expect(pages(a.webhook.notices)).toEqual([]);
  });

  test('and is resolved after the mend', async () => {
    await a.cluster.mend();
    await a.cluster.authority.serve(ZONES);
    await pointTo('literal', 'fine.one.test');
    await pointTo('never', 'fine.one.test');
    await writeFile(policy, ALL_ALLOWED);
    // The answers of a target remain a finding, and a move is reported for an hour.
    const mended = firing().filter(
      ({ labels }) => labels.service !== 'itself' && labels.service !== 'moves',
    );
    await until(
      'their ends',
      () => mended.every((ticket) => isOver(ticket, a.webhook.notices)),
      WAIT,
    );
  });
});

function words({ labels: { service, alertname, severity } }: Notice): string {
  return `${service === undefined ? '' : `${service}: `}${alertname} ${severity}`;
}
