import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { hint } from './near-miss.ts';
import { flagOf, OPTION_NAMES, type OptionName, optionOf, type Setting } from './options.ts';
import { quoted, UsageError } from './values.ts';

const BY_KEY = new Map(
  OPTION_NAMES.filter((name) => name !== 'config').map((name) => [flagOf(name), name]),
);

/**
 * A mapping of options, named as the flags are. A value means what it means as a flag; a list may be a YAML list.
 * @throws UsageError
 */
export function readYaml(text: string, file: string): Map<OptionName, Setting> {
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
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return new Map();
  if (!isMap(contents)) {
    throw new UsageError(
      `Cannot read ${placeOf(contents.range[0])}: it must be a mapping of options, got ${shown(contents)}`,
    );
  }
  const settings = new Map<OptionName, Setting>();
  // Aliases are refused and nothing nests, so that no file unfolds into something larger than itself.
  for (const { key, value } of contents.items) {
    const place = placeOf(key.range[0]);
    const word = textOf(key) ?? '';
    const name = BY_KEY.get(word);
    if (!name) {
      throw new UsageError(
        `Cannot read ${place}: no such option (${hint(word, [...BY_KEY.keys()])}), got ${shown(key)}`,
      );
    }
    const source = `${word} in ${place}`;
    if (settings.has(name)) {
      throw new UsageError(`Cannot use ${source}: it is there twice, got ${shown(value)}`);
    }
    const expected = expectedOf(name, value);
    if (expected) {
      throw new UsageError(`Cannot use ${source}: it must be ${expected}, got ${shown(value)}`);
    }
    const texts = isSeq(value) ? value.items.map((item) => textOf(item as Node)) : [textOf(value)];
    settings.set(name, { text: texts.join(','), source });
  }
  return settings;
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

/** A number or boolean as it was written, so that 0x10 or 1e3 reach an option as on the command line. */
function textOf(node: Node | null): string | undefined {
  if (!isScalar(node)) return undefined;
  if (typeof node.value === 'string') return node.value;
  return typeof node.value === 'number' || typeof node.value === 'boolean'
    ? node.source
    : undefined;
}

/** For messages. */
function shown(node: Node | null): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return 'a list';
  if (isAlias(node)) return `the alias *${node.source}`;
  return isScalar(node) && node.value !== null
    ? quoted(textOf(node) ?? node.source ?? '')
    : 'nothing';
}
