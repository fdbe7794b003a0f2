import { parseArgs } from 'node:util';
import { hint } from './near-miss.ts';
import { flagOf, OPTION_NAMES, type OptionName, optionOf, type Setting } from './options.ts';
import { quoted, UsageError } from './values.ts';

export interface CommandLine {
  readonly settings: Map<OptionName, Setting>;
  /** Asked for instead of doing anything: whatever else is wrong, they are answered. */
  readonly asks?: 'help' | 'version';
}

const BY_FLAG = new Map(OPTION_NAMES.map((name) => [flagOf(name), name]));
const FLAGS = [...BY_FLAG.keys(), 'help', 'version'];

const SPEC = {
  ...Object.fromEntries(
    OPTION_NAMES.map((name) => {
      const type = optionOf(name).kind === 'boolean' ? ('boolean' as const) : ('string' as const);
      return [flagOf(name), { type }];
    }),
  ),
  help: { type: 'boolean' as const, short: 'h' },
  version: { type: 'boolean' as const },
};

/** `--name=value` and `--name value`; the last one counts. `@throws UsageError` for what is none of ours. */
export function readCommandLine(args: readonly string[]): CommandLine {
  // Not strict, and judged here instead: the parser's own errors are long, and lack a hint.
  const { tokens } = parseArgs({
    args: [...args],
    options: SPEC,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const names = tokens.map((token) => (token.kind === 'option' ? token.name : ''));
  const settings = new Map<OptionName, Setting>();
  if (names.includes('help')) return { settings, asks: 'help' };
  if (names.includes('version')) return { settings, asks: 'version' };
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      throw new UsageError(
        `Cannot read the command line: a command comes first, and options are --name=value, got ${quoted(token.value)}`,
      );
    }
    const name = BY_FLAG.get(token.name);
    if (!name || !token.rawName.startsWith('--')) {
      const known = FLAGS.map((flag) => `--${flag}`);
      throw new UsageError(
        `Cannot read the command line: no such option (${hint(token.rawName, known)}), got ${quoted(token.rawName)}`,
      );
    }
    const { value = optionOf(name).kind === 'boolean' && 'true', inlineValue } = token;
    // The next option, taken for a value, would be told of in a puzzling way.
    if (typeof value !== 'string' || (!inlineValue && value.startsWith('--'))) {
      throw new UsageError(
        `Cannot use ${token.rawName}: it needs a value, as ${token.rawName}=${optionOf(name).value}, got none`,
      );
    }
    settings.set(name, { text: value, source: token.rawName });
  }
  return { settings };
}
