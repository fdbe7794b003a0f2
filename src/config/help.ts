import { type Command, MONITOR } from './commands.ts';
import { defaultOf, flagOf, type OptionName, optionOf } from './options.ts';

const PROGRAM = 'externalname-monitor';
const TITLE = `${PROGRAM}: DNS health of Kubernetes ExternalName Services`;

/** Defaults of a command that differ from the usual ones. */
type Defaults = Readonly<Partial<Record<OptionName, string>>>;

/** The text of `--help`, which fits a screen: the most used options, and where the rest is. */
export function helpText(defaults: Defaults = {}, command: Command = MONITOR): string {
  const { name, options, brief, examples } = command;
  const rows = options
    .filter((option) => optionOf(option).isUsual)
    .map((option) => [flagsOf(option), briefOf(option, defaults)] as const);
  const help = name === '' ? PROGRAM : `${PROGRAM} ${name}`;
  const parts = [
    TITLE,
    usageOf(command),
    ...(rows.length > 0 ? [`Most used options:\n${columns(rows)}`] : []),
    `Example:\n  ${examples[0]}`,
    `${brief ? `${brief}\n` : ''}${options.length > 0 ? `All ${options.length} options` : 'More'}: ${help} --help=all`,
  ];
  return parts.map((part) => `${part.trimEnd()}\n`).join('\n');
}

/** The text of `--help=all`. */
export function fullHelpText(defaults: Defaults = {}, command: Command = MONITOR): string {
  const { notes, options, examples } = command;
  const byGroup = Map.groupBy(options, (name) => optionOf(name).group);
  const groups = Array.from(byGroup, ([group, names]) => {
    const rows = names.map((name) => rowOf(name, defaults[name] ?? defaultOf(name)));
    return `${group}:\n${rows.join('')}\n`;
  });
  return `${TITLE}

${usageOf(command)}
${notes}

${groups.join('')}  -h, --help
      The most used options; --help=all prints this text.
  --version
      The name and version of this program.

Examples:
${examples.map((example) => `  ${example}\n`).join('')}`;
}

function usageOf({ usage }: Command): string {
  return `Usage:\n${columns(usage.map(([line, what]) => [`${PROGRAM} ${line}`, what]))}`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const widest = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(widest)}  ${right}\n`).join('');
}

function flagsOf(name: OptionName): string {
  const { value, short } = optionOf(name);
  return `${short ? `-${short}, ` : ''}--${flagOf(name)}=${value}`;
}

/** The first sentence of the help, and the default if it is a value. */
function briefOf(name: OptionName, defaults: Defaults): string {
  const { help, fallback, kind } = optionOf(name);
  const [sentence = help] = help.split(/\.(?: |$)/, 1);
  const value = kind === 'boolean' ? undefined : (defaults[name] ?? fallback);
  return value ? `${sentence} (default ${value})` : sentence;
}

function rowOf(name: OptionName, fallback: string): string {
  return `  ${flagsOf(name)}\n      ${optionOf(name).help}\n      Default: ${fallback}\n`;
}
