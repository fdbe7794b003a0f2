import { MAX_FILE_BYTES } from './file.ts';
import {
  defaultOf,
  flagOf,
  GROUPS,
  namesOf,
  type OptionName,
  optionOf,
  variableOf,
} from './options.ts';

const CHECK_NOTE = `

Only the command \`check\` ([check.md](check.md)) has these options. It also has the options of DNS and Services that apply to
it. In variables and in the file, each command ignores the options of other commands.`;

const RULES_NOTE = `

Of the command \`rules\` alone, see [alerts.md](alerts.md#other-settings).`;

const NOTES: Readonly<Record<string, string>> = { Check: CHECK_NOTE, Rules: RULES_NOTE };

/** The text of docs/options.md. */
export function optionsPage(): string {
  const tables = GROUPS.map((group) => {
    const rows = namesOf(group).map((name) => `${rowOf(name)}\n`);
    return `## ${group}${NOTES[group] ?? ''}

| flag | variable | key in the file | default | meaning |
|---|---|---|---|---|
${rows.join('')}`;
  });
  return `<!-- Written by \`npm run docs\` from src/config/options.ts: edit there. -->

# Options

This page lists all options. Each option is a flag, a variable or a key of a YAML file. Flags override variables, and
variables override the file. An unknown name or an invalid value ends the program at its start with one line and status 2.

- **Flags** are \`--name=value\` or \`--name value\`. If a flag is repeated, the last one counts. \`--help\` lists the most used
  options, \`--help=all\` lists all. \`--version\` prints the version.
- **Variables** that are empty count as not set.
- **The file** of \`--config\` is read at the start. It has at most ${MAX_FILE_BYTES / 1024 ** 2} MiB and one mapping. A value has the same meaning as
  for the flag. A comma-separated list may be a YAML list. A key without a value is an error; so is a YAML alias. After a
  change, the monitor reloads the \`policy\` at once. The other keys require a restart.
- **Durations** are such as \`500ms\`, \`30s\`, \`1m30s\`, \`1h\`.

\`\`\`yaml
cluster-dns: [10.96.0.10, "[fd00::a]:53"]
interval: 10s
namespaces:
  - shop
  - payments
service-histograms: false
policy:
  allowed-suffixes: [example.com, svc.cluster.local]
\`\`\`

${tables.join('\n')}
## Policy

The allowed destinations of ExternalName Services. The policy has no flag and no variable, only the key \`policy\` of the file.
The monitor reports violations as [findings](findings.md#policy); it does not enforce the policy.

| key below \`policy\` | meaning |
|---|---|
| \`allowed-suffixes\` | Targets must be one of these domains or lie below one; \`"."\` allows every name. A list. |
| \`allowed-cidrs\` | Answered addresses must lie in one of these networks. A list. |
| \`denied-cidrs\` | Answered addresses must not lie in these networks, even if \`allowed-cidrs\` contains them. A list. |
| \`namespaces\` | Exceptions by namespace: any of these lists, which replaces the general one. |
`;
}

function rowOf(name: OptionName): string {
  const { value, help, kind, flagOnly, short } = optionOf(name);
  const key = name === 'config' || flagOnly ? '–' : code(flagOf(name));
  const flag = code(`--${flagOf(name)}=${value}`);
  const cells = [
    short ? `${flag}, ${code(`-${short}`)}` : flag,
    flagOnly ? '–' : code(variableOf(name)),
    key,
    defaultOf(name),
    `${help}${kind === 'list' ? ' A list.' : ''}`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
