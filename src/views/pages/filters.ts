/** The form that chooses what the table shows. It works by GET, so that the URL holds all of it. */
import { FINDINGS } from '../../model/finding.ts';
import { BLAMES, type Blame, VERDICTS, type Verdict } from '../../model/verdict.ts';
import { SORTS, type Wanted } from '../services/list.ts';
import type { Summary } from '../services/summary.ts';
import { type Html, html, type Part } from './html.ts';
import { DEFAULTS, stateOf, statusLink } from './links.ts';
import { counted } from './numbers.ts';

interface Filtered {
  readonly wanted: Wanted;
  readonly summary: Pick<Summary, 'verdicts' | 'blames'>;
  readonly namespaces: readonly string[];
}

/** More than these are typed and not chosen: the page would be mostly their names. */
const MOST_CHOICES = 200;

/** Those that the form has a control for. */
const CONTROLS = ['text', 'namespace', 'verdict', 'blame'] as const;

export function filterForm({ wanted, summary, namespaces }: Filtered): Html {
  const verdicts = words(VERDICTS).map((verdict) => ({
    value: verdict,
    text: withCount(VERDICTS[verdict].label, summary.verdicts[verdict]),
  }));
  const blames = words(BLAMES).map((blame) => ({
    value: blame,
    text: withCount(BLAMES[blame].label, summary.blames[blame]),
  }));
  const spaces = namespaces.map((one) => ({ value: one, text: one }));
  return html`<form class="filters" method="get" action="./" role="search" aria-label="Services">
<label>Text <input type="search" name="text" value="${wanted.text ?? ''}" maxlength="253" placeholder="name or target" autocomplete="off" spellcheck="false"></label>
${spaces.length > MOST_CHOICES ? typed(wanted) : choice('namespace', 'Namespace', spaces, wanted.namespace)}
${choice('verdict', 'Verdict', verdicts, wanted.verdict)}
${choice('blame', 'Blame', blames, wanted.blame)}
${kept(wanted)}
<button type="submit">Show</button>
</form>
${chips(wanted)}`;
}

function words<W extends string>(of: Readonly<Record<W, unknown>>): W[] {
  return Object.keys(of) as W[];
}

function withCount(text: string, count = 0): string {
  return count > 0 ? `${text} (${counted(count)})` : text;
}

interface Choice {
  readonly value: string;
  readonly text: string;
}

function choice(
  name: string,
  label: string,
  choices: readonly Choice[],
  chosen: readonly string[] = [],
): Html {
  // Several words come from a link, and one control cannot show them: they are kept beside it.
  const one = chosen.length === 1 ? chosen[0] : undefined;
  const isThere = one === undefined || choices.some(({ value }) => value === one);
  const all = isThere ? choices : [...choices, { value: one, text: one }];
  return html`<label>${label} <select name="${name}"><option value="">any</option>${all.map(
    ({ value, text }) =>
      html`<option value="${value}"${value === one && html` selected`}>${text}</option>`,
  )}</select></label>`;
}

function typed({ namespace = [] }: Wanted): Html {
  const one = namespace.length === 1 ? namespace[0] : '';
  return html`<label>Namespace <input name="namespace" value="${one}" maxlength="63" autocomplete="off" spellcheck="false"></label>`;
}

/** What the controls do not say goes along unseen, but for the page. */
function kept(wanted: Wanted): Part {
  return stateOf({ ...wanted, page: 1 })
    .filter(([name]) => {
      const value = wanted[name];
      const isShown = (CONTROLS as readonly string[]).includes(name);
      return !isShown || (Array.isArray(value) && value.length > 1);
    })
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
}

/** What is in force, each with a link that takes it away. */
function chips(wanted: Wanted): Part {
  const state = stateOf({ ...wanted, page: 1 });
  const shown = state.filter(([name]) => name !== 'limit' && name !== 'order');
  if (shown.length === 0) return undefined;
  return html`<ul class="chips" aria-label="In force">${shown.map(([name, value]) => {
    const words = wordsOf(name, value);
    return html`<li><a href="${statusLink(wanted, without(wanted, name, value))}"><span class="unseen">Take away: </span>${words} <span aria-hidden="true">×</span></a></li>`;
  })}<li><a class="all" href="./">Show all</a></li></ul>`;
}

function without(wanted: Wanted, name: keyof Wanted, value: string): Partial<Wanted> {
  const before = wanted[name];
  if (name === 'sort') return { sort: 'state', order: 'usual' };
  if (Array.isArray(before)) return { [name]: before.filter((one) => one !== value) };
  return { [name]: DEFAULTS[name] };
}

function wordsOf(name: keyof Wanted, value: string): Html {
  const text = textOf(name, value);
  return html`${text}`;
}

function textOf(name: keyof Wanted, value: string): string {
  switch (name) {
    case 'verdict':
      return VERDICTS[value as Verdict].label;
    case 'blame':
      return `blame: ${BLAMES[value as Blame].label}`;
    case 'finding':
      return `finding: ${value in FINDINGS ? value.replaceAll('_', ' ') : value}`;
    case 'up':
      return { '1': 'up', '0': 'down', unknown: 'not known whether up' }[value] ?? value;
    case 'disagrees':
      return value === 'true' ? 'resolvers disagree' : 'resolvers agree';
    case 'domain':
      return `target in ${value}`;
    case 'sort':
      return `sorted by ${value in SORTS ? value : 'state'}`;
    default:
      return `${name}: ${value}`;
  }
}
