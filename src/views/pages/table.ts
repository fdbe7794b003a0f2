/** One page of the table of Services. */
import { NEW_WINDOWS } from '../../model/newness.ts';
import { HOPS, type Hop } from '../../model/round.ts';
import { BLAMES, VERDICTS } from '../../model/verdict.ts';
import type { DomainGroup } from '../services/domains.ts';
import { GROUPINGS, type Grouping } from '../services/groups.ts';
import type { Page, Wanted } from '../services/list.ts';
import type { Row, Sort } from '../services/row.ts';
import { type Html, html, name, type Part } from './html.ts';
import { serviceLink, stateOf, statusLink } from './links.ts';
import { ago, counted, lasting, millis, several } from './numbers.ts';
import { icon, TONE_OF_LEVEL, type Tone, toneOf } from './words.ts';

interface Shown {
  readonly page: Page<Row>;
  /** Groups with one row, on the first page, for all their Services that are down. */
  readonly folded: readonly DomainGroup[];
  readonly wanted: Wanted;
}

/**
 * ARIA roles repeat the roles of the elements: on narrow screens the style turns each row into a
 * card, and browsers then drop the table roles.
 */
export function servicesTable({ page, folded, wanted }: Shown, now: number): Html {
  const groups = page.page === 1 ? folded : [];
  if (page.items.length + groups.length === 0) return nothing(page, wanted);
  const isNew = ({ latest }: DomainGroup): boolean => isRecent(latest, now);
  // A group that has failed for long comes after the Services that went down in the last hour.
  const at = page.items.findIndex(({ up, badSince }) => up !== 0 || !isRecent(badSince, now));
  const old = at < 0 ? page.items.length : at;
  const rowAt = (row: Row, i: number): Html =>
    html`${groupHeading(row, page.items[i - 1])}${rowHtml(row, wanted, now)}`;
  return html`<table class="services" id="services" role="table" tabindex="-1">
<caption>${captionOf(page, folded)}</caption>
<thead role="rowgroup"><tr role="row">
${COLUMNS.map((column) => heading(column, wanted))}</tr>
<tr role="row">${COLUMNS.flatMap(({ below = [] }) => below.map((text) => html`<th scope="col" class="number" role="columnheader">${text}</th>`))}</tr></thead>
<tbody role="rowgroup">
${groups.filter(isNew).map((group) => groupHtml(group, now))}${page.items.slice(0, old).map(rowAt)}${groups.filter((group) => !isNew(group)).map((group) => groupHtml(group, now))}${page.items.slice(old).map((row, i) => rowAt(row, old + i))}</tbody>
</table>
${groupings(wanted)}
${pager(page, wanted)}`;
}

function isRecent(began: Date | undefined, now: number): boolean {
  return began !== undefined && now - began.getTime() < NEW_WINDOWS['60m'].ms;
}

/** A row above the first row of each group. */
function groupHeading({ group }: Row, before: Row | undefined): Part {
  if (!group || group.name === before?.group?.name) return undefined;
  return html`<tr class="group" role="row"><th scope="colgroup" colspan="${SPAN}" role="rowheader">${name(group.name)} <span class="muted">${several(group.services, 'Service')}</span></th></tr>
`;
}

/** Links that group the rows. */
function groupings(wanted: Wanted): Html {
  const { group: _, ...ungrouped } = wanted;
  const choice = (text: string, group?: Grouping): Html =>
    html`<li><a href="${statusLink(group === undefined ? ungrouped : { ...wanted, group })}"${wanted.group === group && html` aria-current="true"`}>${text}</a></li>`;
  const words = Object.keys(GROUPINGS) as Grouping[];
  return html`<nav class="groupings" aria-label="Group by"><span>Group by</span><ul>${words.map((word) => choice(word, word))}${wanted.group !== undefined && choice('nothing')}</ul></nav>`;
}

type Direction = 'ascending' | 'descending';

/** One column of the table: its heading, and its cells in the row of a Service and in that of a group. */
interface Column {
  readonly text: string;
  /** Absent: the heading is no link that sorts. */
  readonly sort?: Sort;
  readonly usual?: Direction;
  /** Headings below it: it is as many columns. */
  readonly below?: readonly string[];
  readonly cell: (row: Row, now: number, wanted: Wanted) => Part;
  /** Of Services that fail as one. */
  readonly ofGroup: (group: DomainGroup, now: number) => Part;
}

const cell = (label: string, content: Part): Html =>
  html`<td role="cell" data-label="${label}">${content}</td>`;

const COLUMNS: readonly Column[] = [
  {
    text: 'Service',
    sort: 'name',
    usual: 'ascending',
    cell: ({ namespace, service }) =>
      html`<th scope="row" role="rowheader"><a href="${serviceLink(namespace, service)}"><span class="space">${name(namespace)}/</span>${name(service)}</a></th>`,
    ofGroup: groupName,
  },
  {
    text: 'Target',
    sort: 'target',
    usual: 'ascending',
    cell: ({ target }) => html`<td class="target" role="cell">${name(target)}</td>`,
    ofGroup: ({ domain, target }) =>
      html`<td class="target" role="cell">${name(target ?? domain)}</td>`,
  },
  {
    text: 'Verdict',
    sort: 'verdict',
    usual: 'ascending',
    cell: (row, now) => verdictCell(toneOf(row), row, editText(row, now)),
    ofGroup: (group) => verdictCell('down', group),
  },
  {
    text: 'Since',
    sort: 'since',
    usual: 'descending',
    cell: (row, now) => sinceCell(lasting(row, now)),
    ofGroup: ({ since }, now) => sinceCell(ago(since, now)),
  },
  {
    text: 'Last latency, ms',
    sort: 'latency',
    usual: 'descending',
    below: HOPS,
    cell: ({ latency }) => HOPS.map((hop) => latencyCell(hop, latency)),
    ofGroup: () => HOPS.map((hop) => latencyCell(hop, {})),
  },
  {
    text: 'Drift',
    sort: 'drift',
    usual: 'descending',
    cell: (row, now) => cell('Drift', driftText(row, now)),
    ofGroup: () => cell('Drift', undefined),
  },
  {
    text: 'Findings',
    cell: (row, _now, wanted) => cell('Findings', findingsList(row, wanted)),
    ofGroup: () => cell('Findings', undefined),
  },
];

/** Columns of the table. */
const SPAN = COLUMNS.reduce((sum, { below }) => sum + (below?.length ?? 1), 0);

/** A link that sorts by the column; a second click reverses the order. */
function heading({ text, sort, usual = 'ascending', below }: Column, wanted: Wanted): Html {
  const span = below ? html` colspan="${below.length}"` : html` rowspan="2"`;
  const scope = below ? 'colgroup' : 'col';
  if (sort === undefined) return html`<th scope="${scope}"${span} role="columnheader">${text}</th>`;
  const isSorted = wanted.sort === sort;
  const isReversed = isSorted && wanted.order === 'reversed';
  const direction = isReversed ? opposite(usual) : usual;
  const link = statusLink(wanted, { sort, order: isSorted && !isReversed ? 'reversed' : 'usual' });
  const mark =
    isSorted && html` <span aria-hidden="true">${direction === 'ascending' ? '▲' : '▼'}</span>`;
  return html`<th scope="${scope}"${span}${isSorted && html` aria-sort="${direction}"`} role="columnheader"><a href="${link}">${text}${mark}</a></th>
`;
}

function opposite(direction: Direction): Direction {
  return direction === 'ascending' ? 'descending' : 'ascending';
}

function rowHtml(row: Row, wanted: Wanted, now: number): Html {
  const { namespace, service } = row;
  return html`<tr class="${toneOf(row)}" id="row:${namespace}/${service}" role="row">${COLUMNS.map((column) => column.cell(row, now, wanted))}</tr>
`;
}

/** One row for the Services of a group that are down. */
function groupHtml(group: DomainGroup, now: number): Html {
  return html`<tr class="down" id="domain:${group.target ?? group.domain}" role="row">${COLUMNS.map((column) => column.ofGroup(group, now))}</tr>
`;
}

function groupName({ domain, target, services, down }: DomainGroup): Html {
  const one = target === undefined ? 'one domain' : 'one target';
  const link = statusLink({}, target === undefined ? { domain: [domain] } : { text: target });
  const others = services > down && html` <span class="muted">of ${counted(services)}</span>`;
  return html`<th scope="row" role="rowheader"><a href="${link}">${several(down, 'Service')}, ${one}</a>${others}</th>`;
}

/** The edit that may be the cause. */
function editText({ editBefore }: Row, now: number): Part {
  if (!editBefore) return undefined;
  const { by, at } = editBefore;
  return html` <span class="edited">after an edit${by !== undefined && html` by ${name(by)}`}, ${ago(at, now, ' ago')}</span>`;
}

function verdictCell(
  tone: Tone,
  { verdict, blame }: Pick<Row, 'verdict' | 'blame'>,
  edited?: Part,
): Html {
  const blamed =
    blame !== 'none' && html` <span class="blame">blame: ${BLAMES[blame].label}</span>`;
  return html`<td role="cell"><span class="verdict ${tone}">${icon(tone)} ${VERDICTS[verdict].label}</span>${blamed}${edited}</td>`;
}

function sinceCell(time: Html): Html {
  return html`<td class="since" role="cell" data-label="Since">${time}</td>`;
}

function latencyCell(hop: Hop, latency: Row['latency']): Html {
  const seconds = latency[hop];
  const text = seconds === undefined ? '–' : millis(seconds);
  return html`<td class="number" role="cell" data-label="${hop}">${text}</td>`;
}

function driftText({ drift, disagrees }: Row, now: number): Part {
  const { moves, lastMove, rotations } = drift;
  return [
    moves > 0 &&
      html`<span>moved ${moves === 1 ? '' : html`${counted(moves)} times, last `}${lastMove && ago(lastMove, now, ' ago')}</span> `,
    moves === 0 && rotations > 0 && html`<span class="muted">rotates</span> `,
    disagrees === true && html`<span class="flag">${icon('warn')} resolvers disagree</span>`,
  ];
}

function findingsList({ findings }: Row, wanted: Wanted): Part {
  if (findings.length === 0) return undefined;
  return html`<ul class="findings">${findings.map(
    ({ rule, level }) =>
      html`<li><a class="${level}" href="${statusLink(wanted, { finding: [rule] })}">${icon(TONE_OF_LEVEL[level])}<span class="unseen">${level}: </span> ${rule.replaceAll('_', ' ')}</a></li>`,
  )}</ul>`;
}

function captionOf({ total, page, limit, items }: Page<Row>, folded: readonly DomainGroup[]): Html {
  const all = folded.reduce((sum, { down }) => sum + down, total);
  const first = (page - 1) * limit + 1;
  const range =
    total > items.length &&
    html` <span class="muted">${counted(first)} to ${counted(first + items.length - 1)}</span>`;
  return html`${several(all, 'Service')}${range}`;
}

function pager({ page, pages }: Page<Row>, wanted: Wanted): Part {
  if (pages < 2) return undefined;
  const link = (to: number, text: string, rel: string): Html =>
    to < 1 || to > pages || to === page
      ? html`<li class="none" aria-hidden="true">${text}</li>`
      : html`<li><a href="${statusLink(wanted, { page: to })}" rel="${rel}">${text}</a></li>`;
  return html`<nav class="pager" aria-label="Pages"><ul>${link(1, 'First', 'first')}${link(page - 1, 'Previous', 'prev')}<li aria-current="page">Page ${counted(page)} of ${counted(pages)}</li>${link(page + 1, 'Next', 'next')}${link(pages, 'Last', 'last')}</ul></nav>`;
}

function nothing({ total, pages }: Page<Row>, wanted: Wanted): Html {
  const isPast = total > 0;
  const isFiltered = stateOf({ ...wanted, page: 1 }).some(
    ([name]) => !['sort', 'order', 'group', 'limit'].includes(name),
  );
  return html`<p class="nothing" id="services" tabindex="-1">${
    isPast
      ? html`There is no such page. <a href="${statusLink(wanted, { page: pages })}">Go to the last one.</a>`
      : isFiltered
        ? html`No Service passes this filter. <a href="./">Show all.</a>`
        : 'There are no ExternalName Services to watch.'
  }</p>`;
}
