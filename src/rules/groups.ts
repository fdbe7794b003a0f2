import { budget } from './budget.ts';
import { monitor } from './monitor.ts';
import { nodes } from './nodes.ts';
import { outages } from './outages.ts';
import { type Alert, type Group, isAlert } from './rule.ts';
import { DEFAULT_SETTINGS, type Terms, termsOf } from './settings.ts';
import { shards } from './shards.ts';
import { tickets } from './tickets.ts';
import { trends } from './trends.ts';

/** All rules, in the order of the rule file. */
export function groupsOf(s: Terms): readonly Group[] {
  return [
    {
      name: 'externalname.services',
      // Explicit, because `for` and `keep_firing_for` depend on it.
      interval: '30s',
      rules: [...outages(s), ...tickets(s)],
    },
    {
      name: 'externalname.trends',
      note: 'These need samples of an hour for every Service, so they are evaluated less often.',
      interval: '1m',
      rules: trends(s),
    },
    {
      name: 'externalname.budget',
      note: 'Objective: 99.9 % of the rounds of 30 days get an address, apart from failures that the cluster cannot repair. Rounds are those of Services that were up within 24 h; a round is lost if cluster DNS or upstream DNS is to blame. So an alias of a dead target does not count, and one that DNS never serves counts for a day at most. Below 10 such Services there is no budget: each is more than a tenth of it all.',
      interval: '30s',
      rules: budget(s),
    },
    {
      name: 'externalname.monitor',
      note: 'About the monitor itself. Where Services are divided among shards, `shard` comes from externalname_shard_info, by the `instance` of the scrape; a monitor that has all of them is shard 0.',
      interval: '30s',
      rules: [...monitor(s), ...shards(s)],
    },
    {
      name: 'externalname.nodes',
      note: 'Where each node is a vantage point (components/per-node). Scraped with the labels vantage="node" and `node`. The rules above are about names that fail everywhere; these are about names that resolve for the monitor and not on a node.',
      interval: '1m',
      rules: nodes(s),
    },
  ];
}

/** All alerts with the default settings. */
export function alertsOf(s: Terms = termsOf(DEFAULT_SETTINGS)): readonly Alert[] {
  return groupsOf(s).flatMap(({ rules }) => rules.filter(isAlert));
}
