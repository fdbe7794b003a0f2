/** One page of the table of Services. */
import { HOPS, type Hop } from '../../model/round.ts';
import { BLAMES, VERDICTS } from '../../model/verdict.ts';
import type { DomainGroup } from '../services/domains.ts';
import type { Page, Sort, Wanted } from '../services/list.ts';
import type { Row } from '../services/row.ts';
import { type Html, html, name, type Part } from './html.ts';
import { serviceLink, stateOf, statusLink } from './links.ts';
import { ago, counted, lasting, millis, several } from './numbers.ts';
import { icon, TONE_OF_LEVEL, toneOf } from './words.ts';

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
  return html`<table class="services" id="services" role="table" tabindex="-1">
<caption>${captionOf(page, folded)}</caption>
<thead role="rowgroup"><tr role="row">
${heading('name', 'Service', wanted, 'ascending', 2)}
${heading('target', 'Target', wanted, 'ascending', 2)}
${heading('verdict', 'Verdict', wanted, 'ascending', 2)}
${heading('since', 'Since', wanted, 'descending', 2)}
${heading('latency', 'Last latency, ms', wanted, 'descending', 1, 3)}
${heading('drift', 'Drift', wanted, 'descending', 2)}
<th scope="col" rowspan="2" role="columnheader">Findings</th></tr>
<tr role="row"><th scope="col" class="number" role="columnheader">app</th><th scope="col" class="number" role="columnheader">alias</th><th scope="col" class="number" role="columnheader">target</th></tr></thead>
<tbody role="rowgroup">
${groups.map((group) => groupHtml(group, now))}${page.items.map((row) => rowHtml(row, wanted, now))}</tbody>
</table>
${pager(page, wanted)}`;
}

type Direction = 'ascending' | 'descending';

/** A link that sorts by the column; a second click reverses the order. */
function heading(
  sort: Sort,
  text: string,
  wanted: Wanted,
  usual: Direction,
  rows: number,
  columns = 1,
): Html {
  const isSorted = wanted.sort === sort;
  const isReversed = isSorted && wanted.order === 'reversed';
  const direction = isReversed ? opposite(usual) : usual;
  const link = statusLink(wanted, { sort, order: isSorted && !isReversed ? 'reversed' : 'usual' });
  const span = html`${rows > 1 && html` rowspan="${rows}"`}${columns > 1 && html` colspan="${columns}"`}`;
  const scope = columns > 1 ? 'colgroup' : 'col';
  const mark =
    isSorted && html` <span aria-hidden="true">${direction === 'ascending' ? '▲' : '▼'}</span>`;
  return html`<th scope="${scope}"${span}${isSorted && html` aria-sort="${direction}"`} role="columnheader"><a href="${link}">${text}${mark}</a></th>`;
}

function opposite(direction: Direction): Direction {
  return direction === 'ascending' ? 'descending' : 'ascending';
}

function rowHtml(row: Row, wanted: Wanted, now: number): Html {
  const { namespace, service, target, verdict, blame, latency } = row;
  const tone = toneOf(row);
  const isBlamed = blame !== 'none';
  return html`<tr class="${tone}" id="row:${namespace}/${service}" role="row"><th scope="row" role="rowheader"><a href="${serviceLink(namespace, service)}"><span class="space">${name(namespace)}/</span>${name(service)}</a></th><td class="target" role="cell">${name(target)}</td><td role="cell"><span class="verdict ${tone}">${icon(tone)} ${VERDICTS[verdict].label}</span>${isBlamed && html` <span class="blame">blame: ${BLAMES[blame].label}</span>`}</td><td class="since" role="cell" data-label="Since">${lasting(row, now)}</td>${latencyCell('app', latency)}${latencyCell('alias', latency)}${latencyCell('target', latency)}<td role="cell" data-label="Drift">${driftText(row, now)}</td><td role="cell" data-label="Findings">${findingsList(row, wanted)}</td></tr>
`;
}

/** One row for the Services of a group that are down. */
function groupHtml(group: DomainGroup, now: number): Html {
  const { domain, target, services, down, verdict, blame, since } = group;
  const one = target === undefined ? 'one domain' : 'one target';
  const link = statusLink({}, target === undefined ? { domain: [domain] } : { text: target });
  const others = services > down && html` <span class="muted">of ${counted(services)}</span>`;
  return html`<tr class="down" id="domain:${target ?? domain}" role="row"><th scope="row" role="rowheader"><a href="${link}">${several(down, 'Service')}, ${one}</a>${others}</th><td class="target" role="cell">${name(target ?? domain)}</td><td role="cell"><span class="verdict down">${icon('down')} ${VERDICTS[verdict].label}</span> <span class="blame">blame: ${BLAMES[blame].label}</span></td><td class="since" role="cell" data-label="Since">${ago(since, now)}</td>${HOPS.map((hop) => latencyCell(hop, {}))}<td role="cell" data-label="Drift"></td><td role="cell" data-label="Findings"></td></tr>
`;
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
    ([name]) => !['sort', 'order', 'limit'].includes(name),
  );
  return html`<p class="nothing" id="services" tabindex="-1">${
    isPast
      ? html`There is no such page. <a href="${statusLink(wanted, { page: pages })}">Go to the last one.</a>`
      : isFiltered
        ? html`No Service passes this filter. <a href="./">Show all.</a>`
        : 'There are no ExternalName Services to watch.'
  }</p>`;
}
