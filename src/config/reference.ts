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

Of the command \`check\` alone, see [check.md](check.md), which also takes those of DNS and Services that apply. What
others of these options say in variables and in the file is heeded by the commands that they are for.`;

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

Each option is a flag, a variable or a key of a YAML file, in this order of strength. A name that is no option, and a
value that cannot be used, end the program at its start with one line and status 2.

- **Flags** are \`--name=value\` or \`--name value\`; of several the last counts. \`--help\` lists them, \`--version\` tells the
  version.
- **Variables** that are empty count as not set.
- **The file** is that of \`--config\`, read at the start; at most 1 MiB, one mapping. A value means what it means as
  a flag; what takes several, by comma, may be a YAML list. A key without a value is an error, as are aliases. When it
  changes, its \`policy\` is heeded at once, and the rest at the next start.
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

Where ExternalName Services may lead. It has no flag and no variable, only the key \`policy\` of the file, and is only
audited: see [findings.md](findings.md#policy) for what comes of it.

| key below \`policy\` | meaning |
|---|---|
| \`allowed-suffixes\` | Targets must be one of these domains or lie below one; \`"."\` allows every name. A list. |
| \`allowed-cidrs\` | Answered addresses must lie in one of these networks. A list. |
| \`denied-cidrs\` | Answered addresses must not lie in these networks, even where \`allowed-cidrs\` has them. A list. |
| \`namespaces\` | By the name of a namespace, any of these lists: each replaces the one above for it. |
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
