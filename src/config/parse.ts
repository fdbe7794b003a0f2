import packageJson from '../../package.json' with { type: 'json' };
import { readCommandLine } from './command-line.ts';
import { type Command, MONITOR } from './commands.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { fullHelpText, helpText } from './help.ts';
import {
  flagOf,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  type Options,
  optionOf,
  parsed,
} from './options.ts';
import { readVariables } from './variables.ts';

export type Invocation =
  /** The output of `--help` or `--version`, to be printed instead of running. */
  | { readonly print: string }
  | {
      readonly print?: never;
      readonly options: Options;
      /**
       * Names of the options that were given in any source. A command may have its own defaults for
       * the rest.
       */
      readonly given: ReadonlySet<OptionName>;
      /** The options of `given` that are flags, and so apply to this run only. */
      readonly flags: ReadonlySet<OptionName>;
      /** Arguments that are no options, for commands that accept words. */
      readonly words: readonly string[];
      /** The parsed file of `--config`; absent without one. */
      readonly config?: ConfigFile;
    };

/**
 * Options from flags, then `EXTERNALNAME_MONITOR_*` variables, then the file of `--config`, then
 * defaults.
 *
 * @throws UsageError with the option, the reason and the invalid value
 */
export async function parseOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  defaults: Readonly<Partial<Record<OptionName, string>>> = {},
  command: Command = MONITOR,
): Promise<Invocation> {
  const { settings: flags, words, asks } = readCommandLine(args, command);
  if (asks === 'help') return { print: helpText(defaults, command) };
  if (asks === 'full help') return { print: fullHelpText(defaults, command) };
  if (asks === 'version') return { print: `externalname-monitor ${packageJson.version}\n` };

  const above = new Map([...readVariables(env), ...flags]);
  const given = above.get('config');
  const config = given && (await readConfigFile(parsed(given, OPTIONS.config.parse)));
  const settings = config ? new Map([...config.settings, ...above]) : above;

  const entries = OPTION_NAMES.map((name) => {
    const { fallback, parse } = optionOf(name);
    const text = defaults[name] ?? fallback;
    const setting =
      settings.get(name) ??
      (text === undefined ? undefined : { text, source: `--${flagOf(name)}` });
    return [name, setting && parsed(setting, parse)];
  });
  return {
    options: Object.fromEntries(entries) as Options,
    given: new Set(settings.keys()),
    flags: new Set(flags.keys()),
    words,
    ...(config ? { config } : {}),
  };
}
