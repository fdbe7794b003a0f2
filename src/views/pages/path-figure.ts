/** The path from a pod to an address, place by place, with the broken place marked. */
import { PLACES, type Place } from '../../model/place.ts';
import type { Detail, HopAnswer, HopView } from '../services/detail.ts';
import type { LinkState, PathLink } from '../services/path.ts';
import { dottedName, type Html, html, name, type Part } from './html.ts';
import { counted, millis } from './numbers.ts';
import { icon, TONE_OF_LINK } from './words.ts';

const STATE_WORDS: Readonly<Record<Exclude<LinkState, 'unknown'>, string>> = {
  ok: 'works',
  impaired: 'partly broken here',
  broken: 'broken here',
};

/** A target may have hundreds; the table of the round shows all of them. */
const MOST_ADDRESSES = 6;

export function pathFigure(detail: Detail): Html {
  const unknown = unknownWords(detail);
  return html`<ol class="path">${detail.path.map(
    (
      link,
    ) => html`<li class="${link.state}"${(link.state === 'broken' || link.state === 'impaired') && html` aria-current="step"`}>
<p class="place">${icon(TONE_OF_LINK[link.state])} <strong>${PLACES[link.place].label}</strong> <span class="state">${link.state === 'unknown' ? unknown : STATE_WORDS[link.state]}</span></p>
<div class="said">${saidAt(link, detail)}</div>
</li>`,
  )}</ol>`;
}

function unknownWords({ path, notAsked, blame }: Detail): string {
  if (notAsked !== undefined && notAsked === blame) return 'not asked';
  return path.some(({ state }) => state === 'broken') ? 'not reached' : 'not known';
}

function saidAt({ place, meaning }: PathLink, detail: Detail): Part {
  const lines = LINES[place](detail);
  const isEmpty = lines.every((line) => line === undefined || line === false);
  return isEmpty ? html`<p class="muted">${meaning}</p>` : lines;
}

type Line = Html | undefined | false;

const LINES: Readonly<Record<Place, (detail: Detail) => readonly Line[]>> = {
  pod: (detail) => [
    line(html`asks for ${dottedName(detail.alias)}`),
    ...answersOf(detail, 'app').map((answer) => answerLine(answer)),
  ],
  cluster_dns: (detail) => {
    const own = [...answersOf(detail, 'alias'), ...answersOf(detail, 'app')];
    const servers = [...new Set(own.map(({ server }) => server))];
    const [alias] = answersOf(detail, 'alias');
    return [
      ...servers.map((server) => line(name(server))),
      alias &&
        line(
          html`${alias.outcome === 'ok' || alias.outcome === 'mismatch' ? 'answers' : alias.outcome}${timeOf(alias)}`,
        ),
    ];
  },
  cname: (detail) => {
    const [alias] = answersOf(detail, 'alias');
    const [served] = alias?.chain ?? [];
    return [
      served && line(html`serves ${dottedName(served.name)}, TTL ${counted(served.ttl)} s`),
      alias && !served && line(alias.outcome),
      served?.name !== detail.target.toLowerCase().replace(/\.$/, '') &&
        line(html`spec: ${dottedName(detail.target)}`),
    ];
  },
  upstream: (detail) => (detail.blame === 'target' ? [] : targetLines(detail)),
  name_servers: (detail) => {
    if (isStale(detail)) return [];
    const { targetDomain, blame } = detail;
    return [
      targetDomain !== undefined && line(html`of ${dottedName(targetDomain)}`),
      ...(blame === 'target' ? targetLines(detail) : []),
    ];
  },
  // The addresses that pods get, and not those of the target: cluster DNS may serve another one.
  addresses: (detail) => {
    const all = answersOf(detail, 'app').flatMap(({ addresses, ttl }) =>
      addresses.map((address) => ({ address, ttl })),
    );
    const more = all.length - MOST_ADDRESSES;
    if (all.length === 0 && answersOf(detail, 'app').length > 0) {
      return [line(`pods get none: ${whyNone(detail).join(', ')}`)];
    }
    return [
      ...all
        .slice(0, MOST_ADDRESSES)
        .map(({ address, ttl }) =>
          line(
            html`${name(address)}${ttl !== undefined && html` <span class="muted">TTL ${counted(ttl)} s</span>`}`,
          ),
        ),
      more > 0 && line(`${counted(more)} more`),
    ];
  },
};

/** Whether cluster DNS leads pods to another target than that of the spec. */
function isStale(detail: Detail): boolean {
  return answersOf(detail, 'alias')[0]?.outcome === 'mismatch';
}

/** The outcomes for the target itself if they say why, else those of the pods' query. */
function whyNone(detail: Detail): readonly string[] {
  const outcomes = (hop: HopView['hop']): string[] => [
    ...new Set(answersOf(detail, hop).map(({ outcome }) => outcome)),
  ];
  const ofTarget = isStale(detail) ? [] : outcomes('target');
  return ofTarget.length > 0 && !ofTarget.includes('ok') ? ofTarget : outcomes('app');
}

/**
 * The answers came through upstream DNS. They are shown at the target, because they describe the
 * target most. Pods do not ask for it while cluster DNS serves another one.
 */
function targetLines(detail: Detail): readonly Line[] {
  if (isStale(detail)) return [];
  return answersOf(detail, 'target').map((answer) => answerLine(answer));
}

function answersOf({ hops }: Detail, wanted: HopView['hop']): readonly HopAnswer[] {
  return hops.find(({ hop }) => hop === wanted)?.answers ?? [];
}

function answerLine(answer: HopAnswer): Html {
  const { type, outcome, ttl } = answer;
  return line(
    html`${type}: ${outcome}${timeOf(answer)}${ttl !== undefined && html`, TTL ${counted(ttl)} s`}`,
  );
}

function timeOf({ seconds }: HopAnswer): Part {
  return seconds !== undefined && html` in ${millis(seconds)} ms`;
}

function line(text: Part): Html {
  return html`<p>${text}</p>`;
}
