import { RULES } from '../config/commands.ts';
import { parseOptions } from '../config/parse.ts';
import { quoted, UsageError } from '../config/values.ts';
import { EXIT } from '../model/exit-status.ts';
import { hint } from '../model/near-miss.ts';
import { alertsOf } from '../rules/groups.ts';
import { prometheusRule, ruleFile } from '../rules/rule-file.ts';
import { type Io, print } from './io.ts';

/** `externalname-monitor rules`: prints the alert rules for these settings. */
export async function rules(args: readonly string[], io: Io): Promise<number> {
  const invocation = await parseOptions(args, io.env, {}, RULES);
  if (invocation.print !== undefined) {
    await print(io.stdout, invocation.print);
    return EXIT.asked.status;
  }
  const { options } = invocation;
  const known = alertsOf().map(({ alert }) => alert);
  const unknown = [...options.alertSeverity.keys()].find((alert) => !known.includes(alert));
  if (unknown !== undefined) {
    const help = hint(unknown, known, 'docs/alerts.md lists them');
    throw new UsageError(
      `Cannot use --alert-severity: no such alert (${help}), got ${quoted(unknown)}`,
    );
  }
  const write = options.format === 'operator' ? prometheusRule : ruleFile;
  const text = write({
    intervalMs: options.interval,
    clusterLabel: options.clusterLabel,
    many: options.manyServices,
    objective: options.objective,
    runbookUrl: options.runbookUrl,
    dashboardUrl: options.dashboardUrl,
    statusUrl: options.statusUrl,
    ownerLabels: options.serviceLabels,
    severities: options.alertSeverity,
  });
  await print(io.stdout, text);
  return EXIT.asked.status;
}
