/** Risks and mistakes that are visible whether or not the names resolve. */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { Short } from '@grafana/grafana-foundation-sdk/units';
import { explainedIn, runbooks, TO_SERVICE } from '../../links.ts';
import { perService, SELECTED, withTarget } from '../../queries.ts';
import { SERVICE_COLUMNS, table } from '../../table.ts';

const FINDINGS = perService('externalname_finding', SELECTED, 'rule', 'level');

export function findings(board: DashboardBuilder): void {
  const explained = explainedIn('findings.md');
  board
    .withRow(new RowBuilder('Findings'))
    .withPanel(
      table(
        {
          title: 'Findings by rule',
          description:
            'How many Services have each. Those of level info are there only with --finding-level=info.',
          unit: Short,
          span: 8,
          height: 8,
        },
        [`count by (rule, level) (${FINDINGS})`],
        { level: 'Level', rule: 'Rule', Value: 'Services' },
        // By the alphabet critical comes first.
        [{ by: 'Level' }, { by: 'Services', desc: true }],
      )
        .overrideByName('Rule', [explained])
        .links(runbooks('ExternalNameServiceSignatureExpires', 'ExternalNameSearchPathWildcard')),
    )
    .withPanel(
      table(
        {
          title: 'Findings by Service',
          description: 'The Services with findings, and their targets.',
          unit: Short,
          span: 16,
          height: 8,
        },
        [withTarget(FINDINGS)],
        { ...SERVICE_COLUMNS, level: 'Level', rule: 'Rule', external_name: 'Target' },
        [{ by: 'Level' }, { by: 'Rule' }],
      )
        .overrideByName('Service', [TO_SERVICE])
        .overrideByName('Rule', [explained]),
    );
}
