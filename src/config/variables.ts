import { hint } from '../model/near-miss.ts';
import { OPTION_NAMES, type OptionName, optionOf, type Setting, variableOf } from './options.ts';
import { quoted, UsageError } from './values.ts';

const PREFIX = variableOf('');

/**
 * Variables that the kubelet sets in every pod for a Service with a name that begins like this
 * program's. They are not options.
 */
const SERVICE_LINK = /_(SERVICE_HOST|SERVICE_PORT|PORT)(_[A-Z0-9_]+)?$/;

const BY_VARIABLE = new Map(
  OPTION_NAMES.filter((name) => !optionOf(name).flagOnly).map((name) => [variableOf(name), name]),
);

/**
 * Reads `EXTERNALNAME_MONITOR_*`; an empty variable counts as not set.
 *
 * @throws UsageError for a name that is no option
 */
export function readVariables(
  env: Readonly<Record<string, string | undefined>>,
): Map<OptionName, Setting> {
  const settings = new Map<OptionName, Setting>();
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(PREFIX) || !text) continue;
    const name = BY_VARIABLE.get(variable);
    if (name) settings.set(name, { text, source: `$${variable}` });
    else if (!SERVICE_LINK.test(variable)) {
      throw new UsageError(
        `Cannot read the environment: no such option (${hint(variable, [...BY_VARIABLE.keys()])}), got ${quoted(variable)}`,
      );
    }
  }
  return settings;
}
