import { parseArgs } from 'node:util';
import { hint } from '../model/near-miss.ts';
import { SEPARATOR } from './check-options.ts';
import { type Command, OTHERS } from './commands.ts';
import { flagOf, OPTION_NAMES, type OptionName, optionOf, type Setting } from './options.ts';
import { quoted, UsageError } from './values.ts';

export interface CommandLine {
  readonly settings: Map<OptionName, Setting>;
  /** Arguments that are no options, in the given order. */
  readonly words: readonly string[];
  /**
   * `--help`, `--help=all` or `--version`: printed instead of running the command, even if other
   * arguments are invalid.
   */
  readonly asks?: 'help' | 'full help' | 'version';
}

const BY_FLAG = new Map(OPTION_NAMES.map((name) => [flagOf(name), name]));

const SPEC = {
  ...Object.fromEntries(
    OPTION_NAMES.map((name) => {
      const { kind, short } = optionOf(name);
      const type = kind === 'boolean' ? ('boolean' as const) : ('string' as const);
      return [flagOf(name), { type, ...(short ? { short } : {}) }];
    }),
  ),
  help: { type: 'boolean' as const, short: 'h' },
  version: { type: 'boolean' as const },
};

/**
 * Reads `--name=value` and `--name value`; the last one counts.
 *
 * @throws UsageError for an argument that the command does not accept
 */
export function readCommandLine(args: readonly string[], command: Command): CommandLine {
  // Not strict: the parser's own errors are long and give no hint, so the checks are here.
  const { tokens } = parseArgs({
    args: [...args],
    options: SPEC,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const named = tokens.filter((token) => token.kind === 'option');
  const help = named.find(({ name }) => name === 'help');
  const settings = new Map<OptionName, Setting>();
  const words: string[] = [];
  if (help) return { settings, words, asks: help.value === 'all' ? 'full help' : 'help' };
  if (named.some(({ name }) => name === 'version')) return { settings, words, asks: 'version' };
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (!command.words) throw unexpected(token.value, command);
      words.push(token.value);
      continue;
    }
    const name = ownOption(token, command);
    const { kind, value: meant, repeats } = optionOf(name);
    const { value = kind === 'boolean' && 'true', inlineValue } = token;
    // If the next option were taken as the value, the error would be hard to understand.
    if (typeof value !== 'string' || (!inlineValue && value.startsWith('--'))) {
      throw new UsageError(
        `Cannot use ${token.rawName}: it needs a value, as ${token.rawName}=${meant}, got none`,
      );
    }
    const before = repeats ? settings.get(name) : undefined;
    const text = before ? before.text + SEPARATOR + value : value;
    settings.set(name, { text, source: token.rawName });
  }
  return { settings, words };
}

function ownOption(token: { name: string; rawName: string }, command: Command): OptionName {
  const { rawName } = token;
  const name = BY_FLAG.get(token.name);
  const isOurs = name && (rawName.startsWith('--') || rawName === `-${optionOf(name).short}`);
  const { options, refuses = [] } = command;
  if (isOurs && [...options, ...refuses].includes(name)) return name;
  const known = [...options.map(flagOf), 'help', 'version'].map((flag) => `--${flag}`);
  const what = isOurs ? `it is no option of ${command.name || 'the monitor'}` : 'no such option';
  throw new UsageError(
    `Cannot read the command line: ${what} (${hint(rawName, known)}), got ${quoted(rawName)}`,
  );
}

function unexpected(word: string, { name }: Command): UsageError {
  const commands = OTHERS.map((one) => one.name);
  const why = name
    ? `${name} takes options only, as --name=value`
    : hint(word, commands, 'a command comes first, and options are --name=value');
  return new UsageError(`Cannot read the command line: ${why}, got ${quoted(word)}`);
}
