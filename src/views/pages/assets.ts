/** Files that pages load: texts in the program itself, so that the bundle contains them. */
import { createHash } from 'node:crypto';
import { html } from './html.ts';
import { LIVE_SCRIPT } from './live-script.ts';
import { STYLESHEET } from './stylesheet.ts';

export interface Asset {
  /** Contains a hash of the body, so that browsers may cache it for ever. */
  readonly name: string;
  readonly type: string;
  readonly body: string;
}

function assetOf(stem: string, ending: string, type: string, body: string): Asset {
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
  return { name: `${stem}-${hash}.${ending}`, type, body };
}

const iconOf = (level: string, colour: string, mark: string): Asset => {
  const body = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="${colour}"/><path d="${mark}" fill="none" stroke="#fff" stroke-width="2"/></svg>`;
  return assetOf(`icon-${level}`, 'svg', 'image/svg+xml', body.text);
};

export const STYLE = assetOf('app', 'css', 'text/css; charset=utf-8', STYLESHEET);
export const SCRIPT = assetOf('live', 'js', 'text/javascript; charset=utf-8', LIVE_SCRIPT);

/** One icon per level, so that a browser tab shows the level. */
export const ICONS = {
  ok: iconOf('ok', '#1a7f37', 'M4 8.5l2.7 2.7L12 5.5'),
  warning: iconOf('warning', '#9a6700', 'M8 3v6M8 11v2'),
  critical: iconOf('critical', '#b3261e', 'M4.5 4.5l7 7M11.5 4.5l-7 7'),
} as const;

export const ASSETS: ReadonlyMap<string, Asset> = new Map(
  [STYLE, SCRIPT, ...Object.values(ICONS)].map((asset) => [asset.name, asset]),
);
