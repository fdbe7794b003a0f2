/**
 * The error budget of DNS: what the people who run the cluster answer for. A target that its owner has deleted,
 * or that never worked, does not use it up.
 */
import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units';
import { runbooks } from '../../links.ts';
import { colors, POINTS, statOfNow, timeseries } from '../../panels.ts';
import { perService, rate, SELECTED, SERVICE, where } from '../../queries.ts';

const OBJECTIVE = 0.999;
const ALLOWED = Number((1 - OBJECTIVE).toFixed(6));

/** Services that were up within 24 h; one that has never worked is no outage. */
const IN_USE = `${perService('externalname_last_success_timestamp_seconds', SELECTED)} > time() - 86400`;

/** Within the same time as the rounds are counted, since the blame goes with the outage. */
const BLAMED = `max by (${SERVICE}) (present_over_time(externalname_service_verdict{${SELECTED}, blame=~"cluster_dns|upstream_dns"}[$__rate_interval]))`;

/** Rounds a second; each of several replicas has its own. */
const ROUNDS = `sum by (${SERVICE}) (${rate('externalname_service_rounds_total', SELECTED)})`;
/** Only where there are any: nearly all Services have none, and need not be joined. */
const DOWN_ROUNDS = `sum by (${SERVICE}) (${rate('externalname_service_rounds_total', `${SELECTED}, result="down"`)} > 0)`;

const ALL = `sum(${where(ROUNDS, IN_USE)})`;
const BAD = `(sum(${where(where(DOWN_ROUNDS, IN_USE), BLAMED)}) or vector(0))`;

/**
 * The share of bad rounds in the time shown. It is added up from steps, as only then the blame of each moment is
 * known: an outage that is over is still an outage. The steps grow with the time shown, so that a month takes no
 * more of them than a day.
 */
const BAD_SHARE = `(${sumOfSteps(BAD)} / ${sumOfSteps(ALL)})`;

export function errorBudget(board: DashboardBuilder): void {
  const small = { unit: PercentUnit, span: 6, height: 7 };
  board
    .withRow(new RowBuilder('Error budget of cluster and upstream DNS'))
    .withPanel(
      statOfNow(
        {
          ...small,
          title: 'Good rounds',
          description:
            'In the time shown: the share of rounds in which pods got an address, or cluster and upstream DNS are not to blame. The objective is 99.9 %. Of Services that were up within 24 h.',
        },
        { expr: `1 - ${BAD_SHARE}`, legend: 'good' },
        colors('red', [OBJECTIVE, 'green']),
      )
        .decimals(3)
        .maxDataPoints(POINTS),
    )
    .withPanel(
      statOfNow(
        {
          ...small,
          title: 'Error budget left',
          description:
            'The rest of the budget if 0.1 % of the rounds in the time shown may be bad; choose 30 days to see a month. Below zero: more than was allowed.',
        },
        { expr: `1 - ${BAD_SHARE} / ${ALLOWED}`, legend: 'left' },
        colors('red', [0, 'orange'], [0.25, 'green']),
      )
        .decimals(1)
        .maxDataPoints(POINTS),
    )
    .withPanel(
      timeseries(
        {
          title: 'Burn rate',
          description:
            'How many times as fast as allowed the budget is used up: 1 uses it up just at the end of the period, 14.4 for an hour takes 2 % of a month.',
          unit: Short,
          span: 12,
          height: 7,
        },
        [{ expr: `${BAD} / ${ALL} / ${ALLOWED}`, legend: 'burn rate' }],
      )
        .links(
          runbooks('ExternalNameErrorBudgetBurningFast', 'ExternalNameErrorBudgetBurningSlowly'),
        )
        .maxDataPoints(POINTS),
    );
}

function sumOfSteps(expression: string): string {
  return `sum_over_time(${expression}[$__range:$__interval])`;
}
