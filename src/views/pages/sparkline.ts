/** A chart of the latencies of the last rounds, with the same information in words. */
import { HOPS, type Hop } from '../../model/round.ts';
import { type Html, html } from './html.ts';
import { counted, millis } from './numbers.ts';
import { HOP_WORDS } from './words.ts';

type Samples = readonly (number | null)[];

const WIDTH = 300;
const HEIGHT = 44;
const PAD = 3;

export function sparklines(latencies: Readonly<Record<Hop, Samples>>): Html {
  return html`<ul class="sparks">${HOPS.map((hop) => {
    const words = spoken(latencies[hop]);
    return html`<li><p><strong>${hop}</strong> <span class="muted">${HOP_WORDS[hop]}</span></p>${drawn(latencies[hop], `${hop}: ${words}`)}<p class="muted">${words}</p></li>`;
  })}</ul>`;
}

/** The median, the slowest reply, and the number of missing replies. */
export function spoken(samples: Samples): string {
  if (samples.length === 0) return 'nothing measured yet';
  const known = samples.filter((one) => one !== null).sort((a, b) => a - b);
  const silent = samples.length - known.length;
  if (known.length === 0) return `no reply in ${counted(samples.length)} rounds`;
  const median = known[Math.floor((known.length - 1) / 2)] ?? 0;
  const most = known.at(-1) ?? 0;
  const none =
    silent > 0 ? `, no reply in ${counted(silent)} of ${counted(samples.length)} rounds` : '';
  return `median ${millis(median)} ms, slowest ${millis(most)} ms${none}`;
}

/**
 * The chart, from zero to the slowest reply. A round without a reply is a gap in the line and a
 * mark below.
 */
function drawn(samples: Samples, words: string): Html {
  const most = Math.max(...samples.map((one) => one ?? 0), Number.MIN_VALUE);
  const step = (WIDTH - 2 * PAD) / Math.max(samples.length - 1, 1);
  const x = (i: number): string => (PAD + i * step).toFixed(1);
  const y = (seconds: number): string =>
    (HEIGHT - PAD - (seconds / most) * (HEIGHT - 2 * PAD)).toFixed(1);
  let pen = 'M';
  let line = '';
  let marks = '';
  for (const [i, sample] of samples.entries()) {
    if (sample === null) {
      marks += `M${x(i)} ${HEIGHT - 9}v8`;
      pen = 'M';
      continue;
    }
    line += `${pen}${x(i)} ${y(sample)}`;
    // A point with gaps on both sides would be a line of no length.
    if (pen === 'M') line += 'h.01';
    pen = 'L';
  }
  return html`<svg class="spark" role="img" aria-label="${words}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><path class="base" d="M0 ${HEIGHT - 0.5}H${WIDTH}"/>${marks !== '' && html`<path class="gap" d="${marks}"/>`}${line !== '' && html`<path class="line" d="${line}"/>`}</svg>`;
}
