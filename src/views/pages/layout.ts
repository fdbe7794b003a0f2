import { ICONS, SCRIPT, STYLE } from './assets.ts';
import { type Html, html, name, type Part } from './html.ts';
import { SPRITE } from './words.ts';

export interface Layout {
  /** Title, before the name of the program. */
  readonly title: string;
  /** Relative path from the page to the root: '' or '../../'. */
  readonly root: string;
  /** Icon in the browser tab. */
  readonly level: keyof typeof ICONS;
  /** The query of `/live` that reports changes of the page; absent if the page never changes. */
  readonly live?: string;
  /** Target and text of the skip link. */
  readonly skip?: readonly [id: string, text: string];
  readonly main: Html;
  readonly version: string;
  /** The name of the cluster, of `--cluster-name`. */
  readonly cluster: string | undefined;
}

/** A complete document. */
export function documentOf(layout: Layout): string {
  const { title, root, level, live, skip, main, version, cluster } = layout;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}${cluster !== undefined && ` – ${cluster}`} – externalname-monitor</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="${root}assets/${ICONS[level].name}">
<link rel="stylesheet" href="${root}assets/${STYLE.name}">
<script type="module" src="${root}assets/${SCRIPT.name}"></script>
</head>
<body${liveAttribute(root, live)}>
${SPRITE}
${skip && html`<a class="skip" href="#${skip[0]}">${skip[1]}</a>`}
<header class="top">
<a class="brand" href="${root || './'}">externalname-monitor</a>
${cluster !== undefined && html`<p class="cluster">Cluster <strong>${name(cluster)}</strong></p>`}
<p class="live js-only"><span id="live-state">connecting</span> <button type="button" id="live-button" hidden>Pause</button></p>
</header>
<main id="main">
${main}
</main>
<footer>
<p>externalname-monitor ${version}</p>
<ul><li><a href="${root}metrics">Metrics</a></li><li><a href="${root}api/v1/summary">API</a></li><li><a href="${root}api/v1/openapi.json">OpenAPI document</a></li></ul>
</footer>
</body>
</html>
`.text;
}

function liveAttribute(root: string, live: string | undefined): Part {
  return live !== undefined && html` data-live="${root}live${live && `?${live}`}"`;
}
