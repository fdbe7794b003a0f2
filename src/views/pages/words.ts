/** Short words and shapes for the bounded words of the model. */
import type { Level } from '../../model/finding.ts';
import type { Hop } from '../../model/round.ts';
import { VERDICTS, type VerdictState } from '../../model/verdict.ts';
import type { LinkState } from '../services/path.ts';
import type { Row } from '../services/row.ts';
import { type Html, html } from './html.ts';

export const HOP_WORDS: Readonly<Record<Hop, string>> = {
  app: "the pods' query for the alias",
  alias: 'the CNAME of the alias',
  target: 'the target itself',
};

/** The state of an item, shown by a shape, a colour and a word. */
export type Tone = 'ok' | 'warn' | 'down' | 'wait' | 'unknown' | 'info';

export function toneOf({ up, verdict }: Pick<Row, 'up' | 'verdict'>): Tone {
  return up === 0 ? 'down' : TONE_OF_STATE[VERDICTS[verdict].state];
}

const TONE_OF_STATE: Readonly<Record<VerdictState, Tone>> = {
  good: 'ok',
  bad: 'warn',
  waiting: 'wait',
  unsure: 'unknown',
};

export const TONE_OF_LEVEL: Readonly<Record<Level, Tone>> = {
  info: 'info',
  warning: 'warn',
  critical: 'down',
};

export const TONE_OF_LINK: Readonly<Record<LinkState, Tone>> = {
  ok: 'ok',
  impaired: 'warn',
  broken: 'down',
  unknown: 'wait',
};

/**
 * A shape of the sprite, hidden from screen readers: the words next to it have the same meaning.
 */
export function icon(tone: Tone): Html {
  return html`<svg class="icon ${tone}" width="16" height="16" aria-hidden="true"><use href="#${tone}"/></svg>`;
}

/** The shapes have different outlines, so that people can distinguish them without colours. */
export const SPRITE = html`<svg class="sprite" width="0" height="0" aria-hidden="true">
<symbol id="ok" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M5 8.2l2.1 2.1L11 6" fill="none" stroke="currentColor" stroke-width="1.6"/></symbol>
<symbol id="warn" viewBox="0 0 16 16"><path d="M8 1.2L15.4 14.5H.6z" fill="currentColor"/><path class="cut" d="M8 6v4.2M8 11.4v1.6" stroke-width="1.7"/></symbol>
<symbol id="down" viewBox="0 0 16 16"><path d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z" fill="currentColor"/><path class="cut" d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6" stroke-width="1.8"/></symbol>
<symbol id="wait" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.6 2.5"/></symbol>
<symbol id="unknown" viewBox="0 0 16 16"><path d="M8 .8L15.2 8 8 15.2.8 8z" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M6.2 6.6a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.6-.8 1.2M8 10.4v1.4" fill="none" stroke="currentColor" stroke-width="1.4"/></symbol>
<symbol id="info" viewBox="0 0 16 16"><rect x="1.5" y="1.5" width="13" height="13" rx="2" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M8 4v1.8M8 7.2V12" fill="none" stroke="currentColor" stroke-width="1.7"/></symbol>
</svg>`;
