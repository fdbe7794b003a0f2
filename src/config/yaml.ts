import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Policy } from '../model/policy.ts';
import { hint } from './near-miss.ts';
import { flagOf, OPTION_NAMES, type OptionName, optionOf, type Setting } from './options.ts';
import { readPolicy } from './policy.ts';
import { quoted, UsageError } from './values.ts';
import { entriesOf, shown, textOf } from './yaml-nodes.ts';

export interface YamlFile {
  readonly settings: Map<OptionName, Setting>;
  readonly policy?: Policy;
}

const BY_KEY = new Map<string, OptionName | 'policy'>([
  ...OPTION_NAMES.filter((name) => name !== 'config' && !optionOf(name).flagOnly).map(
    (name) => [flagOf(name), name] as const,
  ),
  ['policy', 'policy'],
]);

/**
 * A mapping of options, named as the flags are, and of `policy`. A value means what it means as a flag;
 * a list may be a YAML list.
 * @throws UsageError
 */
export function readYaml(text: string, file: string): YamlFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // Looked for below instead: the parser compares each key with each other.
    uniqueKeys: false,
    logLevel: 'error',
  });
  const placeOf = (offset = 0): string => `${file}:${lineCounter.linePos(offset).line || 1}`;

  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const several = problem.code === 'MULTIPLE_DOCS';
    throw new UsageError(
      `Cannot read ${placeOf(problem.pos[0])}: it must be one YAML document, got ${several ? 'several' : quoted(problem.message)}`,
    );
  }
  const settings = new Map<OptionName, Setting>();
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { settings };
  if (!isMap(contents)) {
    throw new UsageError(
      `Cannot read ${placeOf(contents.range[0])}: it must be a mapping of options, got ${shown(contents)}`,
    );
  }
  let policy: Policy | undefined;
  // Aliases are refused and only policy nests, so that no file unfolds into something larger than itself.
  for (const { word, value, source } of entriesOf(contents, placeOf, nameOf)) {
    if (word === 'policy') policy = readPolicy(value, source, placeOf);
    else settings.set(word, { text: textOfOption(word, value, source), source });
  }
  return { settings, ...(policy ? { policy } : {}) };
}

function nameOf(key: Node, place: string): OptionName | 'policy' {
  const word = textOf(key) ?? '';
  const name = BY_KEY.get(word);
  if (name) return name;
  throw new UsageError(
    `Cannot read ${place}: no such option (${hint(word, [...BY_KEY.keys()])}), got ${shown(key)}`,
  );
}

function textOfOption(name: OptionName, value: Node | null, source: string): string {
  const expected = expectedOf(name, value);
  if (expected) {
    throw new UsageError(`Cannot use ${source}: it must be ${expected}, got ${shown(value)}`);
  }
  const texts = isSeq(value) ? value.items.map((item) => textOf(item as Node)) : [textOf(value)];
  return texts.join(',');
}

/** What the value must be, if it is not: text or a number, or whatever the kind of the option allows. */
function expectedOf(name: OptionName, value: Node | null): string | undefined {
  const { kind } = optionOf(name);
  const values = kind === 'list' && isSeq(value) ? value.items : [value];
  const areRight = values.every(
    (node) =>
      isScalar(node) &&
      textOf(node) !== undefined &&
      (typeof node.value === 'boolean') === (kind === 'boolean'),
  );
  if (areRight) return undefined;
  if (kind === 'boolean') return 'true or false';
  return kind === 'list' ? 'text, or a list of texts' : 'text or a number';
}
