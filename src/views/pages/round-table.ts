/** Every query of a round, and its result. */
import { kindOf, type Outcome } from '../../model/outcome.ts';
import type { UnpackedExchange, UnpackedQuery } from '../../state/history.ts';
import type { Detail, HopAnswer } from '../services/detail.ts';
import type { Reasons } from '../services/reasons.ts';
import { type Html, html, name, type Part } from './html.ts';
import { counted, millis, moment, spanText } from './numbers.ts';
import { HOP_WORDS, icon, type Tone } from './words.ts';

const SILENCES: Readonly<Record<NonNullable<Detail['notAsked']>, string>> = {
  cluster_dns: 'no server of cluster DNS replies',
  upstream_dns: 'cluster DNS gets no reply from the resolvers behind it',
};

/** Limit for one answer; the rest are only counted. */
const MOST_ADDRESSES = 24;

export function roundTable({ hops, lastProbe, notAsked }: Detail, now: number): Html {
  const asked = hops.filter(({ answers }) => answers.length > 0);
  const silence =
    notAsked !== undefined &&
    html`<p class="muted">Not asked on its last turn: ${SILENCES[notAsked]}.${asked.length > 0 && ' These are older answers.'}</p>`;
  if (silence && asked.length === 0) return silence;
  if (asked.length === 0) {
    return html`<p class="muted">Nothing was asked${lastProbe ? html` at ${moment(lastProbe, now)}: no DNS message can contain the name` : ' yet'}.</p>`;
  }
  const rows = asked.flatMap(({ hop, name: question, answers }) =>
    answers.map(
      (answer, i) =>
        html`<tr>${i === 0 && html`<th scope="rowgroup" rowspan="${answers.length}"><strong>${hop}</strong> <span class="muted">${HOP_WORDS[hop]}</span><br><span class="mono">${name(question)}</span></th>`}<td>${answer.type}</td><td>${outcomeText(answer, answers)}</td><td class="mono">${answerText(answer)}</td><td class="number">${answer.ttl === undefined ? '–' : html`${counted(answer.ttl)} s`}</td><td class="number">${timeText(answer)}</td><td class="mono">${name(answer.server)}</td></tr>
`,
    ),
  );
  return html`${silence}<div class="wide" tabindex="0" role="group" aria-label="Questions and answers"><table class="round"><caption>${lastProbe && html`Ended ${moment(lastProbe, now)}`}</caption>
<thead><tr><th scope="col">Hop</th><th scope="col">Type</th><th scope="col">Outcome</th><th scope="col">Answer</th><th scope="col" class="number">TTL</th><th scope="col" class="number">Time</th><th scope="col">Server</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function outcomeText(answer: HopAnswer, hop: readonly HopAnswer[]): Html {
  const { outcome, meaning } = answer;
  return html`<span class="outcome">${icon(toneOf(outcome, hop))} ${outcome}</span>${outcome !== 'ok' && html` <span class="muted">${meaning}</span>`}${reasonsText(answer)}`;
}

/** The reasons that the server gives, and the zone that denies the name. */
export function reasonsText({ extendedErrors = [], negative }: Reasons): Part {
  return [
    ...extendedErrors.map(
      ({ code, meaning, text }) =>
        html`<span class="reason"><strong>Reason:</strong> ${meaning} <span class="muted">(EDE ${code})</span>${text !== '' && html` "${name(text)}"`}</span>`,
    ),
    negative &&
      html`<span class="reason muted">SOA of <span class="mono">${name(negative.zone)}</span>: the server may keep this for ${seconds(negative.ttl)}, any resolver for ${seconds(negative.minimum)}</span>`,
  ];
}

function seconds(count: number): string {
  return spanText(count * 1000);
}

/** A family without an address is no fault if the other family has one. */
function toneOf(outcome: Outcome, hop: readonly HopAnswer[]): Tone {
  if (outcome === 'ok') return 'ok';
  const hasOther = hop.some((answer) => answer.outcome === 'ok');
  return hasOther && kindOf(outcome) === 'empty' ? 'info' : 'warn';
}

function timeText({ outcome, seconds }: HopAnswer): Part {
  if (kindOf(outcome) === 'silence') return 'no reply';
  return seconds === undefined ? '–' : html`${millis(seconds)} ms`;
}

/** CNAMEs in order, then the addresses. */
function answerText({ chain, addresses }: HopAnswer): Part {
  const more = addresses.length - MOST_ADDRESSES;
  const links = chain.map(
    (link) =>
      html`<li>→ ${name(link.name)} <span class="muted">TTL ${counted(link.ttl)} s</span></li>`,
  );
  const ends = addresses.slice(0, MOST_ADDRESSES).map((address) => html`<li>${name(address)}</li>`);
  if (links.length + ends.length === 0) return '–';
  return html`<ul>${links}${ends}${more > 0 && html`<li>${counted(more)} more</li>`}</ul>`;
}

/** An earlier round, as far as it is stored: exchange by exchange. */
export function pastRound(queries: readonly UnpackedQuery[]): Html {
  if (queries.length === 0)
    return html`<p class="muted">Nothing was asked: cluster DNS, or all that it forwards to, was silent.</p>`;
  return html`<ul class="past">${queries.map(
    ({ hop, type, outcome, exchanges }) =>
      html`<li><strong>${hop} ${type}</strong> ${outcome}${exchanges.map(
        (exchange) =>
          html`<br><span class="mono">${exchange.transport} ${name(exchange.server)}</span> ${exchange.outcome}${pastTimeText(exchange)}`,
      )}</li>`,
  )}</ul>`;
}

function pastTimeText({ outcome, milliseconds }: UnpackedExchange): Part {
  if (kindOf(outcome) === 'silence') return ', no reply';
  return milliseconds !== undefined && html` in ${millis(milliseconds / 1000)} ms`;
}
