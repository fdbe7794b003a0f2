/** What has changed: in the answers, and in the specs. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DateTimeFromNow, Short } from '@grafana/grafana-foundation-sdk/units';
import { explainedIn, runbooks, TO_SERVICE } from '../../links.ts';
import { colors, events, statOfNow } from '../../panels.ts';
import { asDate, count, happened, perService, SELECTED } from '../../queries.ts';
import { SERVICE_COLUMNS, table } from '../../table.ts';

/** Another set of addresses is normal for a pool that rotates, and would drown the rest. */
const NEWS = `${SELECTED}, kind!="addresses"`;

export function changes(board: DashboardBuilder): void {
  board
    .withRow(new RowBuilder('Changes'))
    .withPanel(
      events(
        {
          title: 'Drift',
          description:
            'Targets that changed their addresses for others (replaced), their network or their chain of CNAMEs, and edits of spec.externalName. Rotation within a pool is left out.',
          unit: Short,
          span: 12,
          height: 8,
        },
        [
          { expr: happened('externalname_target_changes_total', NEWS, 'kind'), legend: '{{kind}}' },
          { expr: happened('externalname_spec_changes_total', SELECTED), legend: 'spec edited' },
        ],
      ).links(runbooks('ExternalNameServiceTargetReplaced')),
    )
    .withPanel(latest())
    .withPanel(
      statOfNow(
        {
          title: 'Resolvers disagree',
          description:
            'Services for which the reference resolvers contradict cluster DNS: a forged or stale record. Also 0 without reference resolvers.',
          unit: Short,
          span: 4,
          height: 8,
        },
        {
          expr: count(`${perService('externalname_resolver_disagreement', SELECTED)} == 1`),
          legend: 'services',
        },
        colors('green', [1, 'orange']),
      ).links(runbooks('ExternalNameServiceResolverDisagreement')),
    );
}

function latest(): ReturnType<typeof table> {
  const last = perService('externalname_target_last_change_timestamp_seconds', NEWS, 'kind');
  return table(
    {
      title: 'Latest changes of targets',
      description: 'The last of each kind, for the 20 that are latest; since the monitor started.',
      unit: DateTimeFromNow,
      span: 8,
      height: 8,
    },
    [asDate(`topk(20, ${last})`)],
    { ...SERVICE_COLUMNS, kind: 'Change', Value: 'When' },
    [{ by: 'When', desc: true }],
  )
    .overrideByName('Service', [TO_SERVICE])
    .overrideByName('Change', [explainedIn('drift.md')]);
}
