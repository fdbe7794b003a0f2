/** The status page: a summary of all Services, then the table. */
import { LEVELS } from '../../model/finding.ts';
import { NEW_WINDOW_NAMES, NEW_WINDOWS } from '../../model/newness.ts';
import { BLAMES, type Blame } from '../../model/verdict.ts';
import type { DomainGroup } from '../services/domains.ts';
import { DEFAULTS, type Page, type Wanted } from '../services/list.ts';
import type { Row } from '../services/row.ts';
import type { ServerView } from '../services/servers.ts';
import type { SearchPathWildcard, Summary } from '../services/summary.ts';
import { filterForm } from './filters.ts';
import { type Html, html, name, type Part } from './html.ts';
import { documentOf } from './layout.ts';
import { stateOf, statusLink } from './links.ts';
import { ago, counted, millis, momentText, several } from './numbers.ts';
import { servicesTable } from './table.ts';
import { icon, type Tone } from './words.ts';

export interface StatusModel {
  readonly summary: Summary;
  readonly page: Page<Row>;
  /** Groups that are shown as one row; their Services that are down are not on the page. */
  readonly folded: readonly DomainGroup[];
  /** The filter and sort order of the page. */
  readonly wanted: Wanted;
  readonly namespaces: readonly string[];
  readonly servers: readonly ServerView[];
  readonly version: string;
}

const TONE_OF_HEADLINE = { ok: 'ok', warning: 'warn', critical: 'down' } as const;

/**
 * Whether Services that fail together are shown as one row. With a filter or a sort order, each one
 * is shown.
 */
export function isFolding(wanted: Wanted): boolean {
  return stateOf({ ...wanted, limit: DEFAULTS.limit, page: DEFAULTS.page }).length === 0;
}

export function statusPage(model: StatusModel, now: number): string {
  const { summary, wanted, version } = model;
  const { headline, down } = summary;
  const main = html`<h1 class="unseen">ExternalName Services</h1>
<p class="headline ${headline.level}" role="status">${icon(TONE_OF_HEADLINE[headline.level])} <span>${headline.text}${shownLink(headline)}</span></p>
${tiles(summary, wanted)}
${notes(model, now)}
${filterForm(model)}
${servicesTable(model, now)}
<p class="muted">Latencies are from the last round. App: the pods' query for the alias. Alias: its CNAME. Target: the target itself. As of ${momentText(new Date(now))}.</p>`;
  return documentOf({
    title: down > 0 ? `${counted(down)} down` : 'All up',
    root: '',
    level: headline.level,
    live: '',
    skip: ['services', 'Skip to the table of Services'],
    main,
    version,
    cluster: summary.cluster,
  });
}

/** The Services of the headline, as a list. */
function shownLink({ query, affected }: Summary['headline']): Part {
  if (query === undefined || affected === 0) return undefined;
  const these = affected === 1 ? 'this Service' : `these ${counted(affected)} Services`;
  return html` <a class="these" href="?${query}">Show ${these}</a>`;
}

function tiles({ up, down, unknown, blames }: Summary, wanted: Wanted): Html {
  const tile = (tone: Tone, count: number, words: string, change: Partial<Wanted>): Html => {
    const isCurrent = Object.entries(change).every(
      ([key, value]) => String(wanted[key as keyof Wanted] ?? '') === String(value),
    );
    return html`<li><a class="tile ${count === 0 ? 'none' : tone}" href="${statusLink({}, change)}"${isCurrent && html` aria-current="true"`}><span class="count">${counted(count)}</span> <span class="words">${icon(tone)} ${words}</span></a></li>`;
  };
  const blamed = (Object.keys(BLAMES) as Blame[]).filter((blame) => blame !== 'none');
  return html`<div class="tiles">
<div><p id="states">Services</p>
<ul aria-labelledby="states">${tile('ok', up, 'up', { up: ['1'] })}${tile('down', down, 'down', { up: ['0'] })}${tile('unknown', unknown, 'unknown', { up: ['unknown'] })}</ul></div>
<div><p id="blamed">Component at fault</p>
<ul aria-labelledby="blamed">${blamed.map((blame) => tile('warn', blames[blame] ?? 0, BLAMES[blame].label, { blame: [blame] }))}</ul></div>
</div>`;
}

/** If there are more servers, the failing ones are shown first. */
const MOST_SERVERS = 12;

/** Notes about the whole monitor, in small print: servers, findings, resolvers, the API server. */
function notes({ summary, servers, wanted }: StatusModel, now: number): Html {
  const { findings, disagreeing, informer, searchPathWildcards } = summary;
  const asked = servers.filter(({ role }) => role !== 'reference' && role !== 'upstream');
  const upstream = servers.filter(({ role }) => role === 'upstream');
  const shown = [
    ...asked.filter(({ answers }) => answers === false),
    ...asked.filter(({ answers }) => answers !== false),
  ];
  const more = shown.length - MOST_SERVERS;
  const levels = LEVELS.toReversed().filter((level) => findings[level] > 0);
  return html`<dl class="notes">
<div><dt>Newly failing</dt><dd>${newNote(summary)}</dd></div>
<div><dt>DNS servers</dt><dd><ul class="inline">${shown.slice(0, MOST_SERVERS).map((server) => serverNote(server, now))}${more > 0 && html`<li>${counted(more)} more</li>`}</ul></dd></div>
${upstream.length > 0 && html`<div><dt>Resolvers behind them</dt><dd><ul class="inline">${upstream.slice(0, MOST_SERVERS).map((server) => resolverNote(server))}</ul></dd></div>`}
<div><dt>Services with findings</dt><dd>${levels.length === 0 ? 'none' : levels.map((level, i) => html`${i > 0 && ', '}<a href="${statusLink({}, { level: [level] })}">${counted(findings[level])} ${level}</a>`)}</dd></div>
${disagreeing > 0 && html`<div><dt>Reference resolvers</dt><dd><a href="${statusLink(wanted, { disagrees: true })}">contradict cluster DNS on ${several(disagreeing, 'target')}</a></dd></div>`}
${searchPathWildcards.map(wildcardNote)}
<div><dt>API server</dt><dd>${informerNote(informer, now)}</dd></div>
</dl>`;
}

function newNote({ newlyFailing }: Summary): Part {
  if (newlyFailing['60m'] === 0) return 'none in the last hour';
  return NEW_WINDOW_NAMES.map(
    (window, i) =>
      html`${i > 0 && ', '}<a href="${statusLink({}, { new: window })}">${counted(newlyFailing[window])} ${NEW_WINDOWS[window].words}</a>`,
  );
}

function serverNote({ server, answers, since, latency, outcome }: ServerView, now: number): Html {
  if (answers === undefined) return html`<li>${icon('wait')} ${name(server)} not asked yet</li>`;
  const time = latency !== undefined && html` in ${millis(latency)} ms`;
  if (answers) return html`<li>${icon('ok')} ${name(server)} answers${time}</li>`;
  return html`<li>${icon('down')} ${name(server)} fails (${outcome})${since && html` for ${ago(since, now)}`}</li>`;
}

function wildcardNote({ domain, addresses }: SearchPathWildcard): Html {
  const [first = '', ...more] = addresses;
  return html`<div><dt>Search domain</dt><dd>${icon('warn')} ${name(domain)} answers for any name (${name(first)}${more.length > 0 && html` and ${counted(more.length)} more`}): pods that leave out the last dot of a name get that address</dd></div>`;
}

function resolverNote({ server, answers, outcome, latency, failing }: ServerView): Html {
  const targets = failing > 0 && html`, fails for ${several(failing, 'target')}`;
  if (answers === undefined)
    return html`<li>${icon('unknown')} ${name(server)} has never replied to this monitor</li>`;
  if (!answers) return html`<li>${icon('down')} ${name(server)} fails (${outcome})${targets}</li>`;
  const time = latency !== undefined && html` in ${millis(latency)} ms`;
  return html`<li>${icon(failing > 0 ? 'warn' : 'ok')} ${name(server)} answers${time}${targets}</li>`;
}

function informerNote(
  { synced, connected, stale, lastContact }: Summary['informer'],
  now: number,
): Html {
  const contact = lastContact && html`, last contact ${ago(lastContact, now, ' ago')}`;
  if (!synced) return html`${icon('wait')} first list not complete`;
  if (stale) return html`${icon('warn')} no contact: Services may have changed since${contact}`;
  return html`${icon('ok')} ${connected ? 'watched' : 'connecting again'}${contact}`;
}
