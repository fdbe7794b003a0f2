/** The filter form of the table. It uses GET, so that the URL contains all its values. */
import {
  type Choice,
  type Choosable,
  FILTER_NAMES,
  FILTERS,
  type FilterName,
} from '../services/filters.ts';
import { DEFAULTS, type Wanted } from '../services/list.ts';
import { SORTS } from '../services/row.ts';
import { type Html, html, type Part } from './html.ts';
import { stateOf, statusLink } from './links.ts';
import { counted } from './numbers.ts';

interface Form extends Choosable {
  readonly wanted: Wanted;
}

/**
 * With more values than this the form has a text field, because a list would be most of the page.
 */
const MOST_CHOICES = 200;

export function filterForm({ wanted, ...from }: Form): Html {
  return html`<form class="filters" method="get" action="./" role="search" aria-label="Services">
${FILTER_NAMES.map((name) => control(name, wanted[name], from))}${kept(wanted)}
<button type="submit">Show</button>
</form>
${chips(wanted)}`;
}

function control(name: FilterName, wanted: Wanted[FilterName], from: Choosable): Part {
  const { control } = FILTERS[name];
  if (!control) return undefined;
  const { label, maxLength, placeholder } = control;
  const given: readonly string[] = [wanted ?? []].flat().map(String);
  // Only a link can set several words. One control cannot show them, so they are kept next to it.
  const one = given.length === 1 ? given[0] : undefined;
  const choices = control.choices?.(from) ?? [];
  const isChosen = control.choices && choices.length <= MOST_CHOICES;
  const field = isChosen
    ? choice(name, choices, one)
    : html`<input${!control.choices && html` type="search"`} name="${name}" value="${one ?? ''}"${maxLength !== undefined && html` maxlength="${maxLength}"`}${placeholder !== undefined && html` placeholder="${placeholder}"`} autocomplete="off" spellcheck="false">`;
  return html`<label>${label} ${field}</label>
`;
}

function choice(name: string, choices: readonly Choice[], chosen: string | undefined): Html {
  const isThere = chosen === undefined || choices.some(({ value }) => value === chosen);
  const all = isThere ? choices : [...choices, { value: chosen, text: chosen }];
  return html`<select name="${name}"><option value="">any</option>${all.map(
    ({ value, text, count = 0 }) =>
      html`<option value="${value}"${value === chosen && html` selected`}>${count > 0 ? `${text} (${counted(count)})` : text}</option>`,
  )}</select>`;
}

/** Hidden fields for values without a control, except the page. */
function kept(wanted: Wanted): Part {
  return stateOf({ ...wanted, page: DEFAULTS.page })
    .filter(([name]) => {
      const value = wanted[name];
      const isShown = isFilter(name) && FILTERS[name].control !== undefined;
      return !isShown || (Array.isArray(value) && value.length > 1);
    })
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
}

/** The active filters, each with a link that removes it. */
function chips(wanted: Wanted): Part {
  const state = stateOf({ ...wanted, page: DEFAULTS.page });
  const shown = state.filter(([name]) => isFilter(name) || name === 'sort' || name === 'group');
  if (shown.length === 0) return undefined;
  return html`<ul class="chips" aria-label="Active filters">${shown.map(
    ([name, value]) =>
      html`<li><a href="${statusLink(wanted, without(wanted, name, value))}"><span class="unseen">Remove: </span>${textOf(name, value)} <span aria-hidden="true">×</span></a></li>`,
  )}<li><a class="all" href="./">Show all</a></li></ul>`;
}

function without(wanted: Wanted, name: keyof Wanted, value: string): Partial<Wanted> {
  const before = wanted[name];
  if (name === 'sort') return { sort: DEFAULTS.sort, order: DEFAULTS.order };
  return { [name]: Array.isArray(before) ? before.filter((one) => one !== value) : undefined };
}

function textOf(name: keyof Wanted, value: string): string {
  if (isFilter(name)) return FILTERS[name].inForce(value);
  if (name === 'group') return `grouped by ${value}`;
  return `sorted by ${value in SORTS ? value : DEFAULTS.sort}`;
}

function isFilter(name: keyof Wanted): name is FilterName {
  return name in FILTERS;
}
