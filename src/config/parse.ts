import { parseArgs } from 'node:util';
import {
  flagOf,
  OPTION_NAMES,
  type OptionName,
  type Options,
  optionOf,
  variableOf,
} from './options.ts';
import { UsageError } from './values.ts';

export interface Invocation {
  readonly options: Options;
  /** Names of the options that were given, by flag or variable: a command may have defaults of its own for the rest. */
  readonly given: ReadonlySet<OptionName>;
  readonly help: boolean;
}

/**
 * Options from flags, then `EXTERNALNAME_MONITOR_*` variables, then defaults.
 * @throws UsageError that names the option, what is wrong and the offending value
 */
export function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  defaults: Readonly<Partial<Record<OptionName, string>>> = {},
): Invocation {
  const flags = readFlags(args);
  const given = new Set<OptionName>();
  const entries = OPTION_NAMES.map((name) => {
    const option = optionOf(name);
    const flag = flags[flagOf(name)];
    const variable = env[variableOf(name)];
    if (flag !== undefined || variable) given.add(name);
    const text = flag ?? (variable || undefined) ?? defaults[name] ?? option.fallback;
    if (text === undefined) return [name, undefined];
    const source =
      flag !== undefined
        ? `--${flagOf(name)}`
        : variable
          ? `$${variableOf(name)}`
          : `--${flagOf(name)}`;
    try {
      return [name, option.parse(String(text))];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`Cannot use ${source}: ${error.message}`);
    }
  });
  return { options: Object.fromEntries(entries) as Options, given, help: flags.help === true };
}

function readFlags(args: readonly string[]): Readonly<Record<string, unknown>> {
  const names = OPTION_NAMES.map((name) => [flagOf(name), { type: 'string' as const }]);
  const options = { ...Object.fromEntries(names), help: { type: 'boolean' as const, short: 'h' } };
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Only the first sentence: what follows is advice for people who write parsers.
    const [why] = String(error instanceof Error ? error.message : error).split(/\. |\n/);
    throw new UsageError(`Cannot read the command line: ${why}; --help lists the options`);
  }
}
