/**
 * The style of the pages: light and dark, wide and narrow, on screen and on paper. Every colour has
 * a shape or a word with the same meaning.
 */
export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --sheet: #ffffff; --ink: #1b1f24; --soft: #57606c; --line: #d9dee5; --hover: #f0f3f7;
  --link: #0a58b0; --ok: #17722f; --warn: #855600; --down: #b3211a; --unknown: #6a3fb0; --info: #0a58b0;
  --ok-tint: #edf7ef; --warn-tint: #fdf5e3; --down-tint: #fdeeec; --unknown-tint: #f4effc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1115; --sheet: #151a20; --ink: #e4e8ee; --soft: #9aa5b3; --line: #2a323c; --hover: #1c232b;
    --link: #7ab7ff; --ok: #5cc977; --warn: #e2b04a; --down: #ff7f75; --unknown: #bd9df5; --info: #7ab7ff;
    --ok-tint: #122018; --warn-tint: #241d0e; --down-tint: #2b1514; --unknown-tint: #1d1729;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
code, pre, .mono, .target, .path .said { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
p, ul, ol, dl, dd, h1, h2, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible, [tabindex]:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px;
}
h1 { font-size: 20px; line-height: 1.3; font-weight: 650; }
h2 { font-size: 15px; font-weight: 650; margin-bottom: 8px; }
.muted, .space { color: var(--soft); }
.space { font-weight: 400; }
.unseen, .skip:not(:focus) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; z-index: 3; left: 8px; top: 8px; padding: 6px 10px; background: var(--sheet); }
.sprite { position: absolute; }
html:not(.js) .js-only { display: none; }

.icon { flex: none; vertical-align: -3px; color: var(--soft); }
.icon.ok { color: var(--ok); } .icon.warn { color: var(--warn); } .icon.down { color: var(--down); }
.icon.unknown { color: var(--unknown); } .icon.info { color: var(--info); }
.cut { stroke: var(--sheet); fill: none; }

.top, main, footer { max-width: 1500px; margin: 0 auto; padding: 0 20px; }
.top { display: flex; align-items: center; justify-content: space-between; gap: 12px; min-height: 44px; }
.brand { font-weight: 650; color: var(--ink); text-decoration: none; }
.cluster { margin-right: auto; color: var(--soft); overflow-wrap: anywhere; }
.headline .these { font-size: 14px; font-weight: 400; white-space: nowrap; }
.groupings { display: flex; gap: 8px; margin: 10px 0; color: var(--soft); font-size: 13px; }
.groupings ul { display: flex; gap: 12px; }
.groupings [aria-current] { font-weight: 650; color: var(--ink); text-decoration: none; }
.services .group th { padding-top: 14px; text-align: left; font-weight: 650; }
.edited { display: block; margin-left: 23px; color: var(--soft); font-size: 12.5px; }
.live { display: flex; align-items: center; gap: 10px; color: var(--soft); font-size: 13px; }
main { display: flow-root; }
footer { display: flex; flex-wrap: wrap; gap: 6px 20px; padding-top: 16px; padding-bottom: 24px; color: var(--soft); font-size: 13px; }
footer ul { display: flex; gap: 16px; }
button, input, select {
  font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--line); border-radius: 6px;
  padding: 5px 9px; min-height: 32px; max-width: 100%;
}
button { cursor: pointer; padding: 4px 12px; }
button:hover { background: var(--hover); }

.headline { display: flex; gap: 10px; align-items: baseline; font-size: 19px; line-height: 1.35; font-weight: 600; }
.headline .icon { width: 19px; height: 19px; align-self: flex-start; margin-top: 3px; }
main > .headline { padding: 12px 16px; border-radius: 8px; background: var(--ok-tint); border: 1px solid var(--ok); }
main > .headline.warning { background: var(--warn-tint); border-color: var(--warn); }
main > .headline.critical { background: var(--down-tint); border-color: var(--down); }

.tiles { display: flex; flex-wrap: wrap; gap: 10px 28px; margin: 14px 0; }
.tiles ul { display: flex; flex-wrap: wrap; gap: 8px; }
.tiles p { color: var(--soft); font-size: 12.5px; margin-bottom: 3px; }
.tile {
  display: block; min-width: 88px; padding: 6px 11px 7px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--sheet); color: var(--ink); text-decoration: none;
}
.tile:hover { border-color: var(--soft); }
.tile .count { display: block; font-size: 23px; line-height: 1.15; font-weight: 650; }
.tile .words { display: block; font-size: 13px; color: var(--soft); white-space: nowrap; }
.tile .icon { width: 13px; height: 13px; vertical-align: -2px; }
.tile.ok .count { color: var(--ok); } .tile.warn .count { color: var(--warn); }
.tile.down .count { color: var(--down); } .tile.unknown .count { color: var(--unknown); }
.tile.none .count { color: var(--soft); font-weight: 500; }
.tile.none .icon { color: var(--line); }
.tile[aria-current] { box-shadow: 0 0 0 2px var(--link); }

.notes { display: flex; flex-wrap: wrap; gap: 4px 26px; margin-bottom: 16px; font-size: 13px; }
.notes > div { display: flex; gap: 7px; }
.notes dt { color: var(--soft); flex: none; }
.inline { display: flex; flex-wrap: wrap; gap: 2px 14px; }

.filters { display: flex; flex-wrap: wrap; align-items: end; gap: 8px 10px; margin-bottom: 10px; }
.filters label { display: grid; gap: 2px; font-size: 12.5px; color: var(--soft); min-width: 0; }
.filters :is(input, select, button) { font-size: 14px; color: var(--ink); }
.filters input { width: 220px; } .filters select { width: 168px; }
::placeholder { color: var(--soft); opacity: 1; }
.chips { display: flex; flex-wrap: wrap; gap: 6px; margin-bottom: 10px; font-size: 13px; }
.chips a { display: inline-block; padding: 2px 10px; border: 1px solid var(--line); border-radius: 99px; background: var(--sheet); color: var(--ink); text-decoration: none; }
.chips a:hover { border-color: var(--soft); }
.chips a.all { border-color: transparent; background: none; color: var(--link); text-decoration: underline; }

table { border-collapse: separate; border-spacing: 0; width: 100%; }
caption { text-align: left; padding: 0 0 6px; font-weight: 600; }
caption .muted { font-weight: 400; margin-left: 8px; }
th { text-align: left; font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
.services { background: none; margin-bottom: 12px; }
.services thead { position: sticky; top: 0; z-index: 2; }
.services thead th {
  padding: 5px 10px; background: var(--sheet); font-size: 12.5px; color: var(--soft); vertical-align: bottom; white-space: nowrap;
  border-bottom: 1px solid var(--line);
}
.services thead tr:first-child th { border-top: 1px solid var(--line); }
.services thead th[colspan] { border-bottom: 0; padding-bottom: 0; text-align: right; }
.services thead .number { font-weight: 500; }
.services thead a { color: inherit; text-decoration: none; }
.services thead a:hover { text-decoration: underline; }
.services thead [aria-sort] { color: var(--ink); }
.services tbody :is(th, td) { padding: 6px 10px; vertical-align: top; background: var(--sheet); border-bottom: 1px solid var(--line); }
.services tbody tr:hover :is(th, td) { background: var(--hover); }
.services tbody th { font-weight: 600; }
.services tbody th { min-width: 150px; border-left: 3px solid transparent; }
.services tr.down th { border-left-color: var(--down); }
.services tr.warn th { border-left-color: var(--warn); }
.services tr.unknown th { border-left-color: var(--unknown); }
.services tbody th a { text-decoration: none; }
.services tbody th a:hover { text-decoration: underline; }
.verdict { display: flex; white-space: nowrap; gap: 7px; align-items: baseline; font-weight: 600; }
.verdict .icon { align-self: flex-start; margin-top: 2px; }
.verdict.ok, .verdict.wait { font-weight: 400; }
.verdict.down { color: var(--down); } .verdict.warn { color: var(--warn); } .verdict.unknown { color: var(--unknown); }
.blame { display: block; margin-left: 23px; font-size: 12.5px; color: var(--soft); }
.since { white-space: nowrap; }
.flag { display: block; }
.findings li { white-space: nowrap; }
.findings li + li { margin-top: 2px; }
.findings a { color: var(--ink); text-decoration: none; font-size: 13px; }
.findings a:hover { text-decoration: underline; }
.findings .info { color: var(--soft); }
.findings .icon { width: 13px; height: 13px; vertical-align: -2px; }
.findings .info .icon { color: var(--soft); }
.nothing { padding: 28px; text-align: center; background: var(--sheet); border: 1px solid var(--line); border-radius: 8px; margin-bottom: 12px; }
.pager { margin: 4px 0 16px; }
.pager ul { display: flex; flex-wrap: wrap; gap: 6px 16px; }
.pager .none { color: var(--line); }

.crumbs { font-size: 13px; margin: 2px 0 4px; color: var(--soft); }
section { margin: 0 0 26px; }
.verdict-box { margin: 12px 0; padding: 14px 16px; border: 1px solid var(--line); border-left: 4px solid var(--soft); border-radius: 8px; background: var(--sheet); display: grid; gap: 5px; }
.verdict-box.ok { border-left-color: var(--ok); } .verdict-box.warn { border-left-color: var(--warn); background: var(--warn-tint); }
.verdict-box.down { border-left-color: var(--down); background: var(--down-tint); } .verdict-box.unknown { border-left-color: var(--unknown); background: var(--unknown-tint); }
.headline .muted { font-size: 14px; font-weight: 400; }
.codes { color: var(--soft); display: flex; flex-wrap: wrap; gap: 0 14px; }
.links { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 22px; }

.path { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 28px; }
.path li { position: relative; padding: 10px 12px; background: var(--sheet); border: 1px solid var(--line); border-top: 3px solid var(--ok); border-radius: 8px; min-width: 0; }
.path li + li::before { content: ""; position: absolute; right: 100%; top: 22px; width: 29px; border-top: 2px solid var(--ok); }
.path li + li::after { content: ""; position: absolute; right: calc(100% + 3px); top: 18px; border: 5px solid transparent; border-left: 7px solid var(--ok); border-right: 0; }
.path li.impaired { border-top-color: var(--warn); } .path li.impaired::before { border-top-color: var(--warn); } .path li.impaired::after { border-left-color: var(--warn); }
.path li.broken { border-color: var(--down); background: var(--down-tint); }
.path li.broken .cut { stroke: var(--down-tint); }
.path li.broken::before { border-top: 2px dashed var(--down); }
.path li.broken::after { content: "✕"; border: 0; right: calc(100% + 7px); top: 9px; color: var(--down); font: 700 17px/27px system-ui, sans-serif; background: var(--ground); padding: 0 1px; height: 27px; }
.path li.unknown { border: 1px dashed var(--line); padding-top: 12px; }
.path li.unknown::before { border-top: 2px dotted var(--soft); opacity: .6; } .path li.unknown::after { content: none; }
.path .state { display: block; margin-left: 20px; font-size: 12.5px; color: var(--soft); }
.path .broken .state { color: var(--down); font-weight: 650; }
.path .impaired .state { color: var(--warn); font-weight: 650; }
.path .said { margin-top: 6px; font-size: 12px; }
.path .said p + p { margin-top: 2px; }

.wide { overflow-x: auto; }
.round { min-width: 760px; overflow-wrap: normal; }
.round .mono { overflow-wrap: anywhere; }
.round :is(th, td) { padding: 6px 12px 6px 0; vertical-align: top; border-bottom: 1px solid var(--line); }
.round thead th { font-size: 12.5px; color: var(--soft); white-space: nowrap; }
.round tbody th { font-weight: 400; max-width: 300px; }
.round .outcome { font-weight: 600; white-space: nowrap; }
.round .outcome + .muted { display: block; font-size: 12.5px; max-width: 320px; }
.reason { display: block; font-size: 12.5px; max-width: 320px; overflow-wrap: anywhere; }
.round caption { font-weight: 400; }
.two { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 40px; }
.finding-list > li { margin-bottom: 12px; }
.finding-list .critical strong { color: var(--down); } .finding-list .warning strong { color: var(--warn); }
.sparks li { margin-bottom: 10px; }
.sparks .muted { font-size: 12.5px; }
.spark { display: block; width: 100%; height: 44px; margin: 2px 0; overflow: visible; }
.spark path { fill: none; vector-effect: non-scaling-stroke; stroke-linejoin: round; stroke-linecap: round; }
.spark .line { stroke: var(--info); stroke-width: 1.6; }
.spark .gap { stroke: var(--down); stroke-width: 1.6; }
.spark .base { stroke: var(--line); stroke-width: 1; }
.command { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 8px; align-items: start; margin-bottom: 8px; }
.command p { grid-column: 1 / -1; font-size: 13px; color: var(--soft); }
pre { padding: 7px 10px; background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; white-space: pre; overflow-wrap: normal; }
.timeline { border-left: 2px solid var(--line); margin-left: 7px; }
.timeline li { position: relative; padding: 0 0 12px 22px; }
.timeline li > .icon { position: absolute; left: -9px; top: 2px; background: var(--ground); }
.timeline li > .icon .cut { stroke: var(--ground); }
details summary { cursor: pointer; color: var(--link); width: fit-content; }
.past { margin: 4px 0 8px 16px; display: grid; gap: 4px; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 10px 26px; }
.facts dt { color: var(--soft); font-size: 12.5px; }

@media (max-width: 1000px) {
  .path { grid-template-columns: 1fr; gap: 22px; }
  .path li + li::before { right: auto; left: 22px; top: auto; bottom: calc(100% + 3px); width: 0; height: 19px; border-top: 0; border-left: 2px solid var(--ok); }
  .path li + li::after { right: auto; left: 18px; top: auto; bottom: calc(100% + 3px); border: 5px solid transparent; border-top: 7px solid var(--ok); border-bottom: 0; }
  .path li.impaired::before { border-left-color: var(--warn); } .path li.impaired::after { border-color: transparent; border-top-color: var(--warn); }
  .path li.broken::before { border-top: 0; border-left: 2px dashed var(--down); }
  .path li.broken::after { border: 0; left: 14px; bottom: 100%; top: auto; line-height: 20px; height: 20px; }
  .path li.unknown::before { border-top: 0; border-left: 2px dotted var(--soft); }
  .two { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 900px) {
  .top, main, footer { padding-left: 12px; padding-right: 12px; }
  .services, .services :is(tbody, tr, th, td, caption) { display: block; }
  .services thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .services tbody tr { display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 9px 12px; margin-bottom: 8px; background: var(--sheet); border: 1px solid var(--line); border-left: 3px solid var(--line); border-radius: 8px; }
  .services tr.down { border-left-color: var(--down); } .services tr.warn { border-left-color: var(--warn); } .services tr.unknown { border-left-color: var(--unknown); }
  .services tbody :is(th, td), .services tbody tr:hover :is(th, td) { padding: 0; border: 0; background: none; }
  .services tbody :is(th, .target), .services tbody td:nth-child(3) { flex: 1 0 100%; min-width: 0; }
  .services td:empty { display: none; }
  .services td[data-label] { font-size: 13px; text-align: left; }
  .services td[data-label]::before { content: attr(data-label) " "; color: var(--soft); }
  .findings, .findings li, .flag { display: inline; }
  .filters label { flex: 1 1 140px; } .filters :is(input, select) { width: 100%; }
  .filters label:first-child { flex-basis: 100%; }
  .headline { font-size: 16px; }
  .tile { padding: 3px 10px 5px; min-width: 84px; }
  .tile .count { font-size: 19px; }
}
@media print {
  :root {
    --ground: #fff; --sheet: #fff; --ink: #000; --soft: #444; --line: #bbb; --link: #000;
    --ok-tint: #fff; --warn-tint: #fff; --down-tint: #fff; --unknown-tint: #fff;
    --ok: #17722f; --warn: #855600; --down: #b3211a; --unknown: #6a3fb0; --info: #000;
  }
  .skip, .live, .filters, .links, .pager, .command button, footer ul { display: none; }
  .services thead { position: static; }
  tr, section li { break-inside: avoid; }
}
@media (prefers-reduced-motion: no-preference) { .tile, .chips a { transition: border-color .12s; } }
`;
