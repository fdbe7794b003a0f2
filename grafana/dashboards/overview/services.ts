/** How many are up, by whose fault the others are not, and which: worst first. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DateTimeFromNow, Short } from '@grafana/grafana-foundation-sdk/units';
import { explainedIn, runbooks, TO_SERVICE } from '../../links.ts';
import { colors, meanings, POINTS, stacked, statOfNow } from '../../panels.ts';
import {
  asDate,
  BLAMED_VERDICT,
  count,
  DOMAIN,
  perService,
  SELECTED,
  SERVICE,
  UP,
  unless,
  VERDICT,
  where,
  withTarget,
} from '../../queries.ts';
import { SERVICE_COLUMNS, table } from '../../table.ts';

const DOWN = `${UP} == 0`;
const WATCHED = perService('externalname_service_info', SELECTED);
const HEALTHY = perService('externalname_service_verdict', `${SELECTED}, verdict="healthy"`);

export function services(board: DashboardBuilder): void {
  const half = { unit: Short, span: 12, height: 8 };
  board.withRow(new RowBuilder('Services'));
  for (const panel of counts()) board.withPanel(panel);
  board
    .withPanel(
      stacked(
        {
          ...half,
          title: 'Down by blame',
          description:
            'Services that are down, by where to look. Many at once through cluster_dns or upstream_dns are one fault.',
        },
        [{ expr: `count by (blame) (${where(BLAMED_VERDICT, DOWN)})`, legend: '{{blame}}' }],
      )
        .maxDataPoints(POINTS)
        .links(
          runbooks(
            'ExternalNameServiceUnresolvable',
            'ExternalNameClusterDnsFailing',
            'ExternalNameUpstreamDnsFailing',
            'ExternalNameTargetDomainFailing',
            'ExternalNameTargetFailing',
          ),
        ),
    )
    .withPanel(
      stacked(
        {
          ...half,
          title: 'Verdicts',
          description: 'All Services by what is known of them, healthy ones included.',
        },
        [{ expr: `count by (verdict) (${VERDICT})`, legend: '{{verdict}}' }],
      ).maxDataPoints(POINTS),
    )
    .withPanel(domains())
    .withPanel(worst());
}

function domains(): ReturnType<typeof table> {
  const down = `count by (target_domain) (${where(DOMAIN, DOWN)}) >= 2`;
  return table(
    {
      title: 'Down by domain of the target',
      description:
        'Domains with two Services or more that are down. Where most of its Services are, the domain is at fault, and not each target.',
      unit: Short,
      span: 24,
      height: 6,
    },
    [down, `count by (target_domain) (${DOMAIN}) and on (target_domain) (${down})`],
    { target_domain: 'Domain', 'Value #A': 'Down', 'Value #B': 'Services' },
    [{ by: 'Down', desc: true }],
  );
}

/** Of now only: 10,000 Services are counted once each, and not at every point of a line behind the number. */
function counts(): ReturnType<typeof statOfNow>[] {
  const small = { unit: Short, span: 4, height: 4 };
  return [
    statOfNow(
      {
        ...small,
        title: 'Services',
        description: 'ExternalName Services that the monitor watches.',
      },
      { expr: count(WATCHED), legend: 'services' },
      colors('text'),
    ),
    statOfNow(
      {
        ...small,
        title: 'Up',
        description: 'A pod that uses the name gets an address of a family it can use.',
      },
      { expr: count(`${UP} == 1`), legend: 'up' },
      colors('green'),
    ),
    statOfNow(
      {
        ...small,
        title: 'Down',
        description: 'A pod that uses the name gets no address. Confirmed by asking again.',
      },
      { expr: count(DOWN), legend: 'down' },
      colors('green', [1, 'red']),
    ).links(
      runbooks(
        'ExternalNameServiceUnresolvable',
        'ExternalNameServiceNeverUp',
        'ExternalNameServiceDanglingTarget',
        'ExternalNameNamespaceNeverUp',
      ),
    ),
    statOfNow(
      {
        ...small,
        title: 'Impaired',
        description:
          'Up, yet not healthy: another hop or address family fails, cluster DNS serves an old target, or policy forbids where it leads.',
      },
      { expr: count(unless(`${UP} == 1`, HEALTHY)), legend: 'impaired' },
      colors('green', [1, 'orange']),
    ).links(
      runbooks(
        'ExternalNameServiceDegraded',
        'ExternalNameServiceFamilyFailing',
        'ExternalNameServiceAliasMismatch',
        'ExternalNameServiceUntrustedAnswer',
      ),
    ),
    statOfNow(
      {
        ...small,
        title: 'Not judged',
        description:
          'Watched, but without a result: new, not asked yet, or the monitor itself is at fault. More than a few for more than a minute: see the last row.',
      },
      { expr: count(unless(WATCHED, UP)), legend: 'not judged' },
      colors('text'),
    ),
    statOfNow(
      {
        ...small,
        title: 'Critical findings',
        description:
          'Services with a risk that needs no outage to matter, such as an address of cloud metadata or a name that anyone may claim.',
      },
      {
        expr: count(perService('externalname_finding', `${SELECTED}, level="critical"`)),
        legend: 'services',
      },
      colors('green', [1, 'orange']),
    ).links(runbooks('ExternalNameServiceCriticalFinding')),
  ];
}

/** Down, then impaired, then not judged; in each the one that has been without an address for longest is first. */
function worst(): ReturnType<typeof table> {
  const known = perService('externalname_service_verdict', SELECTED);
  const lastSuccess = perService('externalname_last_success_timestamp_seconds', SELECTED);
  return table(
    {
      title: 'Not healthy, worst first',
      description:
        'What is wrong with each, and what it points to; down for longest first. No last success: it has never resolved since the monitor started.',
      unit: Short,
      span: 24,
      height: 10,
    },
    [
      unless(withTarget(VERDICT), HEALTHY),
      unless(`(${UP} or on (${SERVICE}) 2 * ${known})`, HEALTHY),
      asDate(unless(lastSuccess, HEALTHY)),
    ],
    {
      ...SERVICE_COLUMNS,
      'Value #B': 'State',
      verdict: 'Verdict',
      blame: 'Blame',
      external_name: 'Target',
      'Value #C': 'Last success',
    },
    [{ by: 'State' }, { by: 'Last success' }],
  )
    .overrideByName('State', [
      {
        id: 'mappings',
        value: meanings(['down', 'red'], ['impaired', 'orange'], ['not judged', 'blue']),
      },
      { id: 'custom.cellOptions', value: { type: 'color-text' } },
    ])
    .overrideByName('Last success', [{ id: 'unit', value: DateTimeFromNow }])
    .overrideByName('Service', [TO_SERVICE])
    .overrideByName('Verdict', [explainedIn('verdicts.md#verdicts')])
    .overrideByName('Blame', [explainedIn('verdicts.md#blames')]);
}
