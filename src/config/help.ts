import { type Command, MONITOR } from './commands.ts';
import { defaultOf, flagOf, type OptionName, optionOf } from './options.ts';

const PROGRAM = 'externalname-monitor';

/** The text of `--help`. `defaults`: defaults of a command that differ from the usual ones. */
export function helpText(
  defaults: Readonly<Partial<Record<OptionName, string>>> = {},
  command: Command = MONITOR,
): string {
  const { usage, notes, options, examples } = command;
  const widest = Math.max(...usage.map(([line]) => line.length));
  const lines = usage.map(([line, what]) => `  ${PROGRAM} ${line.padEnd(widest)}  ${what}\n`);
  const byGroup = Map.groupBy(options, (name) => optionOf(name).group);
  const groups = Array.from(byGroup, ([group, names]) => {
    const rows = names.map((name) => rowOf(name, defaults[name] ?? defaultOf(name)));
    return `${group}:\n${rows.join('')}\n`;
  });
  return `externalname-monitor: DNS health of Kubernetes ExternalName Services, for Prometheus

Usage:
${lines.join('')}
${notes}

${groups.join('')}  -h, --help
      This text.
  --version
      The name and version of this program.

Examples:
${examples.map((example) => `  ${example}\n`).join('')}`;
}

function rowOf(name: OptionName, fallback: string): string {
  const { value, help, short } = optionOf(name);
  const flags = `${short ? `-${short}, ` : ''}--${flagOf(name)}=${value}`;
  return `  ${flags}\n      ${help}\n      Default: ${fallback}\n`;
}
