/**
 * The filters of a list of Services. One row defines each filter: its parameter in the API and in
 * the status page, its test, its text on the page, and its control in the form.
 */
import { FINDINGS } from '../../model/finding.ts';
import { isNewWithin, NEW_WINDOW_NAMES, NEW_WINDOWS, type NewWindow } from '../../model/newness.ts';
import { BLAMES, VERDICTS } from '../../model/verdict.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { flag, type Schema, words } from '../schema.ts';
import { BLAME, LEVEL, MAX_DOMAIN, MAX_NAME, NAME, RULE, VERDICT } from '../word-schemas.ts';
import type { Domains } from './domains.ts';
import { editBefore } from './edit-before.ts';
import type { Summary } from './summary.ts';

/** The data beside a record that tests need. */
export interface Around {
  readonly domains: Pick<Domains, 'of'>;
  /** Milliseconds on the steady clock. */
  readonly now: number;
}

export type Test = (record: ServiceRecord) => boolean;

/** The data for the choices of the form. */
export interface Choosable {
  readonly summary: Pick<Summary, 'verdicts' | 'blames'>;
  readonly namespaces: readonly string[];
}

export interface Choice {
  readonly value: string;
  readonly text: string;
  /** Number of Services that pass this choice. */
  readonly count?: number | undefined;
}

/** A control of the form: a list of choices, or a text field if there are no `choices`. */
interface Control {
  readonly label: string;
  readonly maxLength?: number;
  readonly placeholder?: string;
  readonly choices?: (from: Choosable) => readonly Choice[];
}

interface Filter<T> {
  readonly schema: Schema<T>;
  /** Returns the test for one list; called once per list. */
  readonly test: (wanted: T, around: Around) => Test;
  /** The text of the page while the filter is active. `value`: one of the values, as text. */
  readonly inForce: (value: string) => string;
  /** Absent: only links set this filter. */
  readonly control?: Control;
}

const MOST_WORDS = 50;
export const SEVERAL = 'May be given several times: any of them.';

export const anyOf = <T>(items: Schema<T>, description: string): Schema<readonly T[]> => ({
  type: 'array',
  items,
  maxItems: MOST_WORDS,
  description: `${description} ${SEVERAL}`,
});

/** Passes a Service if at least one of the wanted words applies to it. */
const anyWord =
  <T>(isTrue: (has: ReadonlySet<T>['has'], record: ServiceRecord) => boolean) =>
  (wanted: readonly T[]): Test => {
    const set = new Set(wanted);
    const has = set.has.bind(set);
    return (record) => isTrue(has, record);
  };

/** Only for the types: each row has its own type of value. */
const filter = <T>(row: Filter<T>): Filter<T> => row;

/** The longest name of a field manager, in bytes. */
const MAX_EDITOR = 128;

function isWindow(word: string): word is NewWindow {
  return word in NEW_WINDOWS;
}

const UPS = ['1', '0', 'unknown'] as const;
const UP_TEXTS: Readonly<Record<string, string>> = {
  '1': 'up',
  '0': 'down',
  unknown: 'unknown whether up',
};

export const FILTERS = {
  text: filter({
    schema: {
      type: 'string',
      maxLength: MAX_DOMAIN,
      description: 'With this text in namespace/name or in the target, without regard to case.',
    } as Schema<string>,
    test: (text) => {
      const wanted = text.toLowerCase();
      return ({ spec }) => spec.key.includes(wanted) || spec.target.includes(wanted);
    },
    inForce: (text) => `text: ${text}`,
    control: { label: 'Text', maxLength: MAX_DOMAIN, placeholder: 'name or target' },
  }),
  namespace: filter({
    schema: anyOf(NAME, 'Of this namespace.'),
    test: anyWord((has, { spec }) => has(spec.namespace)),
    inForce: (namespace) => `namespace: ${namespace}`,
    control: {
      label: 'Namespace',
      maxLength: MAX_NAME,
      choices: ({ namespaces }) => namespaces.map((one) => ({ value: one, text: one })),
    },
  }),
  verdict: filter({
    schema: anyOf(VERDICT, 'With this verdict.'),
    test: anyWord((has, { diagnosis }) => has(diagnosis.verdict)),
    inForce: (verdict) => labelIn(VERDICTS, verdict),
    control: {
      label: 'Verdict',
      choices: ({ summary }) => choicesOf(VERDICTS, summary.verdicts),
    },
  }),
  blame: filter({
    schema: anyOf(BLAME, 'With this blame.'),
    test: anyWord((has, { diagnosis }) => has(diagnosis.blame)),
    inForce: (blame) => `blame: ${labelIn(BLAMES, blame)}`,
    control: { label: 'Blame', choices: ({ summary }) => choicesOf(BLAMES, summary.blames) },
  }),
  finding: filter({
    schema: anyOf(RULE, 'With this finding.'),
    test: anyWord((has, { findings }) => findings.some(({ rule }) => has(rule))),
    inForce: (rule) => `finding: ${rule in FINDINGS ? rule.replaceAll('_', ' ') : rule}`,
  }),
  level: filter({
    schema: anyOf(LEVEL, 'With a finding of this level.'),
    test: anyWord((has, { findings }) => findings.some(({ level }) => has(level))),
    inForce: (level) => `findings: ${level}`,
  }),
  new: filter({
    schema: words(
      NEW_WINDOW_NAMES,
      'Not healthy, and known to have begun within this time. The start is unknown if the first round after the start of the monitor was bad.',
    ) as Schema<NewWindow>,
    test:
      (window, { now }) =>
      ({ badSince }) =>
        isNewWithin(badSince, window, now),
    inForce: (window) => `began ${isWindow(window) ? NEW_WINDOWS[window].words : window}`,
    control: {
      label: 'Began',
      choices: () => NEW_WINDOW_NAMES.map((one) => ({ value: one, text: NEW_WINDOWS[one].words })),
    },
  }),
  editor: filter({
    schema: anyOf<string>(
      { type: 'string', minLength: 1, maxLength: MAX_EDITOR },
      'Failing since an edit by this field manager, at most 10 minutes before.',
    ),
    test: anyWord((has, record) => has(editBefore(record)?.by ?? '')),
    inForce: (editor) => `failing after an edit by ${editor}`,
  }),
  up: filter({
    schema: anyOf(
      words(UPS, 'unknown: no round has finished, or the state is unknown.'),
      '1, 0, or unknown: no finished round, or unknown state.',
    ),
    test: anyWord((has, { diagnosis: { up } }) => has(up === undefined ? 'unknown' : `${up}`)),
    inForce: (up) => UP_TEXTS[up] ?? up,
  }),
  domain: filter({
    schema: anyOf<string>(
      { type: 'string', maxLength: MAX_DOMAIN },
      'With a target in this domain, as in target_domain of externalname_service_info.',
    ),
    test: (wanted, { domains }) => {
      const names = new Set(wanted.map((name) => name.toLowerCase()));
      return ({ spec }) => names.has(domains.of(spec.key) ?? '');
    },
    inForce: (domain) => `target in ${domain}`,
  }),
  disagrees: filter({
    schema: flag('Whether reference resolvers contradict cluster DNS.'),
    test:
      (wanted) =>
      ({ reference }) =>
        (reference?.disagrees ?? false) === wanted,
    inForce: (value) => (value === 'true' ? 'resolvers disagree' : 'resolvers agree'),
  }),
};

export type FilterName = keyof typeof FILTERS;
export const FILTER_NAMES = Object.keys(FILTERS) as readonly FilterName[];

type Schemas = { readonly [N in FilterName]: (typeof FILTERS)[N]['schema'] };
/** The parameters by name. */
export const FILTER_SCHEMAS = Object.fromEntries(
  FILTER_NAMES.map((name) => [name, FILTERS[name].schema]),
) as Schemas;

/**
 * An absent filter passes all Services; a filter with several words passes Services that match any
 * of them.
 */
export type Filtered = {
  readonly [N in FilterName]?: (typeof FILTERS)[N] extends Filter<infer T> ? T : never;
};

export function testsOf(filtered: Filtered, around: Around): Test[] {
  return FILTER_NAMES.flatMap((name) => {
    const value = filtered[name];
    if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0))
      return [];
    // The value has the type of its own row. TypeScript cannot derive that from the name.
    return [FILTERS[name].test(value as never, around)];
  });
}

function labelIn(
  table: Readonly<Record<string, { readonly label: string }>>,
  word: string,
): string {
  return table[word]?.label ?? word;
}

function choicesOf(
  table: Readonly<Record<string, { readonly label: string }>>,
  counts: Readonly<Record<string, number>>,
): readonly Choice[] {
  return Object.entries(table).map(([value, { label }]) => ({
    value,
    text: label,
    count: counts[value],
  }));
}
