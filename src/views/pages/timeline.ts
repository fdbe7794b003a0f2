/** Failures, edits and drift of one Service, latest first. */
import { CHANGE_KINDS } from '../../model/drift.ts';
import { BLAMES, VERDICTS } from '../../model/verdict.ts';
import type { Detail } from '../services/detail.ts';
import type { DriftView, EditView, FailureView, SeenView } from '../services/history.ts';
import { type Html, html, name, type Part } from './html.ts';
import { ago, counted, momentText, several, spanText } from './numbers.ts';
import { pastRound } from './round-table.ts';
import { icon, type Tone, toneOf } from './words.ts';

interface Entry {
  readonly kind: string;
  readonly at: Date;
  readonly tone: Tone;
  readonly title: Part;
  readonly text?: Part;
}

export function timeline({ history, lastSuccess }: Detail, now: number): Html {
  const { failures, edits, drift, since, lastFailingRound } = history;
  const entries: Entry[] = [
    ...failures.map((failure) => failureEntry(failure, now)),
    ...edits.map(editEntry),
    ...drift.map(driftEntry),
    ...(lastSuccess && failures[0] && !failures[0].until
      ? [
          {
            kind: 'success',
            at: lastSuccess,
            tone: 'ok',
            title: 'Last round with an address for pods',
          } as const,
        ]
      : []),
  ];
  entries.sort((a, b) => b.at.getTime() - a.at.getTime());
  const begun: Entry = {
    kind: 'begun',
    at: since,
    tone: 'info',
    title: 'First seen by the monitor',
  };
  return html`<ol class="timeline">${[...entries, begun].map((entry) => entryHtml(entry, now))}</ol>
${
  lastFailingRound &&
  html`<details id="last-failing"><summary>The last round of a failure, ${momentText(lastFailingRound.at)}</summary>${pastRound(lastFailingRound.queries)}</details>`
}`;
}

function entryHtml({ kind, at, tone, title, text }: Entry, now: number): Html {
  return html`<li id="${kind}-${at.getTime()}">${icon(tone)}<div><p><strong>${title}</strong> <span class="muted">${ago(at, now, ' ago')}, ${momentText(at)}</span></p>${text}</div></li>`;
}

function failureEntry(failure: FailureView, now: number): Entry {
  const { verdict, blame, meaning, since, until, rounds, firstRound } = failure;
  const lasted = spanText((until?.getTime() ?? now) - since.getTime());
  const end = until ? `Lasted ${lasted}, until ${momentText(until)}` : `Lasts for ${lasted} so far`;
  return {
    kind: 'failure',
    at: since,
    tone: toneOf(failure),
    title: html`${VERDICTS[verdict].label}${blame !== 'none' && html`, blame: ${BLAMES[blame].label}`}`,
    text: html`<p>${meaning} ${end}, ${several(rounds, 'round')}.</p><details id="failure-${since.getTime()}"><summary>Its first round</summary>${pastRound(firstRound)}</details>`,
  };
}

function editEntry({ at, from, to, by }: EditView): Entry {
  return {
    kind: 'edit',
    at,
    tone: 'info',
    title: html`spec.externalName edited${by !== undefined && html` by ${name(by)}`}`,
    text: html`<p class="mono">${name(from)} → ${name(to)}</p>`,
  };
}

function driftEntry({ at, kinds, before, after }: DriftView): Entry {
  const isMove = kinds.some((kind) => kind !== 'addresses');
  return {
    kind: 'drift',
    at,
    tone: isMove ? 'warn' : 'info',
    title: isMove ? 'The target moved' : 'The addresses rotated',
    text: html`<p>${kinds.map((kind) => CHANGE_KINDS[kind]).join('; ')}</p><p class="mono">${seen(before)} → ${seen(after)}</p>`,
  };
}

function seen({ addresses, chain }: SeenView): Html {
  const list = ({ total, first }: SeenView['addresses']): Part =>
    html`${first.map((one, i) => html`${i > 0 && ', '}${name(one)}`)}${total > first.length && html` and ${counted(total - first.length)} more`}`;
  const names = chain.total > 0 && html`${list(chain)}: `;
  return html`${names}${addresses.total === 0 ? 'no address' : list(addresses)}`;
}
