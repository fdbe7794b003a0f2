import { isScalar, isSeq, type Node } from 'yaml';
import { hint } from '../model/near-miss.ts';
import type { Policy } from '../model/policy.ts';
import { flagOf, OPTION_NAMES, type OptionName, optionOf, type Setting } from './options.ts';
import { readPolicy } from './policy.ts';
import { UsageError } from './values.ts';
import { entriesOf, mappingIn, nodeText, textOf } from './yaml-nodes.ts';

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
 * Reads a mapping of options, named like the flags, and of `policy`. A value has the same meaning
 * as in a flag; a list may be a YAML list.
 *
 * @throws UsageError
 */
export function readYaml(text: string, file: string): YamlFile {
  const settings = new Map<OptionName, Setting>();
  const { contents, placeOf } = mappingIn(text, file, 'options');
  if (!contents) return { settings };
  let policy: Policy | undefined;
  // Aliases are rejected and only `policy` nests, so that no file expands to something larger than
  // itself.
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
    `Cannot read ${place}: no such option (${hint(word, [...BY_KEY.keys()])}), got ${nodeText(key)}`,
  );
}

function textOfOption(name: OptionName, value: Node | null, source: string): string {
  const expected = expectedOf(name, value);
  if (expected) {
    throw new UsageError(`Cannot use ${source}: it must be ${expected}, got ${nodeText(value)}`);
  }
  const texts = isSeq(value) ? value.items.map((item) => textOf(item as Node)) : [textOf(value)];
  return texts.join(',');
}

/**
 * The expected type if the value has the wrong type: text or a number, or the kind of the option.
 */
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
