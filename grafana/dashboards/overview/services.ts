/** How many are up, by whose fault the others are not, and which: worst first. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DateTimeFromNow, Short } from '@grafana/grafana-foundation-sdk/units';
import { explainedIn, runbooks, TO_SERVICE } from '../../links.ts';
import { colors, meanings, type PanelText, POINTS, stacked, statOfNow } from '../../panels.ts';
import {
  asDate,
  BLAMED_VERDICT,
  count,
  DOMAIN,
  INFO,
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
    .withPanel(newest())
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
          description: 'All Services by verdict, healthy ones included.',
        },
        [{ expr: `count by (verdict) (${VERDICT})`, legend: '{{verdict}}' }],
      ).maxDataPoints(POINTS),
    )
    .withPanel(domains())
    .withPanel(targets())
    .withPanel(worst());
}

/** The latest first. Services that were down before the monitor started are in the list at the end of this row. */
function newest(): ReturnType<typeof table> {
  const since = `topk(20, ${perService('externalname_service_down_since_timestamp_seconds', SELECTED)})`;
  return table(
    {
      title: 'Newest failures',
      description:
        'The 20 Services that went down last. Several with the same blame, domain or target at the same time are one fault.',
      unit: Short,
      span: 24,
      height: 7,
    },
    [where(withTarget(VERDICT), since), asDate(since)],
    {
      ...SERVICE_COLUMNS,
      verdict: 'Verdict',
      blame: 'Blame',
      external_name: 'Target',
      'Value #B': 'Down since',
    },
    [{ by: 'Down since', desc: true }],
  )
    .overrideByName('Down since', [{ id: 'unit', value: DateTimeFromNow }])
    .overrideByName('Service', [TO_SERVICE])
    .overrideByName('Verdict', [explainedIn('verdicts.md#verdicts')])
    .overrideByName('Blame', [explainedIn('verdicts.md#blames')])
    .links(runbooks('ExternalNameServiceUnresolvable'));
}

function domains(): ReturnType<typeof table> {
  return shared('target_domain', DOMAIN, {
    title: 'Down by domain of the target',
    description:
      'Domains with at least two Services that are down. If most Services of a domain are down, the domain is at fault, not each target.',
    heading: 'Domain',
  });
}

function targets(): ReturnType<typeof table> {
  return shared('external_name', INFO, {
    title: 'Down by target',
    description:
      'Targets with at least two Services that are down. One target that fails is one fault, however many Services use it.',
    heading: 'Target',
  });
}

/** What several Services that are down have in common: a label of `info`. */
function shared(
  label: string,
  info: string,
  { heading, ...text }: Pick<PanelText, 'title' | 'description'> & { readonly heading: string },
): ReturnType<typeof table> {
  const down = `count by (${label}) (${where(info, DOWN)}) >= 2`;
  return table(
    { ...text, unit: Short, span: 12, height: 6 },
    [down, `count by (${label}) (${info}) and on (${label}) (${down})`],
    { [label]: heading, 'Value #A': 'Down', 'Value #B': 'Services' },
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
        'The verdict, the blame and the target of each; down for longest first. No last success: it has never resolved since the monitor started.',
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
