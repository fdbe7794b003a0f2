/** Shell scripts that complete commands, options, their values and words. */
import { COMMANDS, type Command, OTHERS, SHELLS, type Shell } from './commands.ts';
import { flagOf, OPTION_NAMES, type OptionName, optionOf } from './options.ts';

const PROGRAM = 'externalname-monitor';
const HELP = ['--help', '--version'];
/** The value that `--help` may have. */
const HELP_VALUE = 'all';

/** @param explained the words that `explain` accepts */
export function completionScript(shell: Shell, explained: readonly string[]): string {
  const wordsOf = ({ name }: Command): readonly string[] =>
    ({ explain: explained, completion: SHELLS })[name] ?? [];
  return { bash, zsh, fish }[shell](wordsOf);
}

type WordsOf = (command: Command) => readonly string[];

/** Completions for the value of an option: words, files, or none. */
function valuesOf(name: OptionName): readonly string[] | 'files' {
  const { words, kind, value } = optionOf(name);
  if (value.startsWith('<file')) return 'files';
  return words ?? (kind === 'boolean' ? ['true', 'false'] : []);
}

/** All spellings of an option's flag. */
function flagsOf(name: OptionName): string[] {
  const { short } = optionOf(name);
  return [`--${flagOf(name)}`, ...(short ? [`-${short}`] : [])];
}

function bash(wordsOf: WordsOf): string {
  const valued = OPTION_NAMES.filter((name) => optionOf(name).kind !== 'boolean');
  const cases = Map.groupBy(valued, (name) => String(valuesOf(name)));
  const offers = Array.from(cases, ([values, names]) => {
    const offer = values === 'files' ? 'files' : `offer "${values.replaceAll(',', ' ')}"`;
    return `    ${names.flatMap(flagsOf).join('|')}) _externalname_monitor_${offer}; return ;;\n`;
  });
  // The value of a boolean is never the next word.
  const booleans = OPTION_NAMES.filter((name) => optionOf(name).kind === 'boolean').map(
    (name) => `--${flagOf(name)}`,
  );
  const commands = COMMANDS.map((command) => {
    const flags = command.options.map((name) =>
      optionOf(name).kind === 'boolean' ? `--${flagOf(name)}` : `--${flagOf(name)}=`,
    );
    return `    ${command.name || "''"})
      flags="${[...flags, ...HELP].join(' ')}"
      words="${wordsOf(command).join(' ')}" ;;
`;
  });
  const names = OTHERS.map(({ name }) => name);
  return `# bash completion of ${PROGRAM}: source <(${PROGRAM} completion bash)
_externalname_monitor_offer() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

# compopt is missing in bash 3, which macOS has.
_externalname_monitor_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$cur"))
  compopt -o filenames 2>/dev/null
}

_externalname_monitor() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local flag='' is_joined='' command='' flags='' words='' word
  # bash breaks --flag=value in three, unless COMP_WORDBREAKS is without "=".
  if [[ $cur == = ]]; then
    flag=$prev cur='' is_joined=1
  elif [[ $prev == = && $COMP_CWORD -gt 2 ]]; then
    flag=\${COMP_WORDS[COMP_CWORD-2]} is_joined=1
  elif [[ $prev == -* ]]; then
    flag=$prev
  fi
  case $flag in
${offers.join('')}    ${booleans.join('|')})
      if [[ $is_joined ]]; then _externalname_monitor_offer "true false"; return; fi ;;
    --help)
      if [[ $is_joined ]]; then _externalname_monitor_offer "${HELP_VALUE}"; return; fi ;;
  esac
  case \${COMP_WORDS[1]} in
    ${names.join('|')}) [[ $COMP_CWORD -gt 1 ]] && command=\${COMP_WORDS[1]} ;;
  esac
  case $command in
${commands.join('')}  esac
  [[ $command == '' && $COMP_CWORD -eq 1 ]] && words="${names.join(' ')}"
  if [[ $cur == -* ]]; then
    _externalname_monitor_offer "$flags"
    [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
    return
  fi
  if [[ $command == check ]]; then
    for word in "\${COMP_WORDS[@]}"; do
      if [[ $word == -f || $word == --file ]]; then _externalname_monitor_files; return; fi
    done
  fi
  _externalname_monitor_offer "$words"
}

complete -F _externalname_monitor ${PROGRAM}
`;
}

function zsh(wordsOf: WordsOf): string {
  const cases = COMMANDS.map((command) => {
    const specs = command.options.flatMap((name) => {
      const { kind, help, value, short, repeats } = optionOf(name);
      const values = valuesOf(name);
      const action = values === 'files' ? '_files' : `(${values.join(' ')})`;
      const argument = `:${escapeZsh(value.replaceAll(/[<>]/g, ''))}:${action}`;
      const long = `--${flagOf(name)}=${kind === 'boolean' ? '-' : ''}`;
      const spec = (flag: string, value: string): string =>
        zshText(`${repeats ? '*' : ''}${flag}[${escapeZsh(help)}]${value}`);
      return [
        spec(long, kind === 'boolean' ? `:${argument}` : argument),
        ...(short ? [spec(`-${short}+`, argument)] : []),
      ];
    });
    const words = wordsOf(command);
    const rest = words.length > 0 ? `'*:word:(${words.join(' ')})'` : "'*:file:_files'";
    const help = [`'--help=-::value:(${HELP_VALUE})'`, "'--version'"];
    const all = [...specs, ...help, ...(command.words ? [rest] : [])];
    return `    ${command.name || "''"}) _arguments \\\n      ${all.join(' \\\n      ')} ;;\n`;
  });
  const commands = OTHERS.map(({ name, about }) => zshText(`${name}:${escapeZsh(about)}`));
  const names = OTHERS.map(({ name }) => name);
  return `#compdef ${PROGRAM}
# zsh completion of ${PROGRAM}: source <(${PROGRAM} completion zsh)
_externalname_monitor() {
  local command=''
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    local -a commands=(${commands.join(' ')})
    _describe command commands
    return
  fi
  case $words[2] in
    ${names.join('|')})
      command=$words[2]
      words=($words[1] $words[3,-1])
      (( CURRENT-- )) ;;
  esac
  case $command in
${cases.join('')}  esac
}
compdef _externalname_monitor ${PROGRAM}
`;
}

function fish(wordsOf: WordsOf): string {
  const line = (when: string, rest: string): string =>
    `complete -c ${PROGRAM} -n ${fishText(when)} ${rest}\n`;
  const names = OTHERS.map(({ name }) => name).join(' ');
  const commands = OTHERS.map(({ name, about }) =>
    line('__fish_use_subcommand', `-a ${name} -d ${fishText(about)}`),
  );
  const options = COMMANDS.flatMap((command) => {
    const when = command.name
      ? `__fish_seen_subcommand_from ${command.name}`
      : `not __fish_seen_subcommand_from ${names}`;
    const own = command.options.map((name) => {
      const { short, kind, help } = optionOf(name);
      const values = valuesOf(name);
      const kinds = values === 'files' ? '-r -F' : kind === 'boolean' ? '-f' : '-x';
      const offered =
        values === 'files' || kind === 'boolean' ? '' : ` -a ${fishText(values.join(' '))}`;
      const letter = short ? `-s ${short} ` : '';
      return line(when, `${letter}-l ${flagOf(name)} ${kinds}${offered} -d ${fishText(help)}`);
    });
    const words = wordsOf(command);
    const offered = words.length > 0 ? [line(when, `-a ${fishText(words.join(' '))}`)] : [];
    const help = [line(when, `-l help -f -a ${HELP_VALUE}`), line(when, '-l version')];
    return [...own, ...help, ...offered];
  });
  return `# fish completion of ${PROGRAM}: ${PROGRAM} completion fish | source
complete -c ${PROGRAM} -f
${commands.join('')}${options.join('')}complete -c ${PROGRAM} -n '__fish_seen_subcommand_from check; and __fish_contains_opt -s f file' -F
`;
}

/** In single quotes, where only the quote itself is special. */
function zshText(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Escapes the characters that are special to \`_arguments\` and \`_describe\`. */
function escapeZsh(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, '\\$&');
}

/** fish also interprets the backslash in single quotes. */
function fishText(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
