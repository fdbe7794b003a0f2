/**
 * The page of one Service: the fault, its place on the path, its start, and the first thing to try.
 */
import { LEVELS } from '../../model/finding.ts';
import { ALL_ZONES } from '../../model/forward.ts';
import { BLAMES, isTrouble, VERDICTS } from '../../model/verdict.ts';
import type { Detail } from '../services/detail.ts';
import { type Html, html, name, type Part } from './html.ts';
import { documentOf } from './layout.ts';
import { dashboardLink, type OutsideLinks, queryText, runbookLink } from './links.ts';
import { counted, lasting, moment, momentText, several, spanText } from './numbers.ts';
import { pathFigure } from './path-figure.ts';
import { reasonsText, roundTable } from './round-table.ts';
import { sparklines } from './sparkline.ts';
import { timeline } from './timeline.ts';
import { icon, TONE_OF_LEVEL, toneOf } from './words.ts';

export interface ServiceModel {
  readonly detail: Detail;
  readonly links: OutsideLinks;
  readonly version: string;
  readonly cluster?: string | undefined;
}

export const SERVICE_ROOT = '../../';

const LEVEL_OF_TONE = {
  ok: 'ok',
  wait: 'ok',
  info: 'ok',
  warn: 'warning',
  unknown: 'warning',
  down: 'critical',
} as const;

export function servicePage(
  { detail, links, version, cluster }: ServiceModel,
  now: number,
): string {
  const { namespace, service, verdict, findings, commands } = detail;
  const main = html`<nav class="crumbs" aria-label="Breadcrumbs"><a href="${SERVICE_ROOT}">Services</a> / <a href="${SERVICE_ROOT}?${queryText({ namespace })}">${name(namespace)}</a></nav>
<h1><span class="space">${name(namespace)}/</span>${name(service)}</h1>
${verdictBox(detail, now)}
${outside(detail, links)}
<section aria-labelledby="path"><h2 id="path">From a pod to an address</h2>${pathFigure(detail)}</section>
<section aria-labelledby="round"><h2 id="round">The last round</h2>${roundTable(detail, now)}</section>
${detail.resolvers.length > 0 && resolverSection(detail, now)}
<div class="two">
<section aria-labelledby="findings"><h2 id="findings">Findings</h2>${findings.length === 0 ? html`<p class="muted">None.</p>` : findingList(detail)}</section>
<section aria-labelledby="latency"><h2 id="latency">Recent latencies</h2>${sparklines(detail.history.latencies)}</section>
</div>
<section aria-labelledby="commands"><h2 id="commands">Commands to copy</h2>${commands.map(commandBox)}</section>
<section aria-labelledby="timeline"><h2 id="timeline">History</h2>${timeline(detail, now)}</section>
<section aria-labelledby="facts"><h2 id="facts">Details</h2>${facts(detail, now)}</section>
<p class="muted">As of ${momentText(new Date(now))}.</p>`;
  return documentOf({
    title: `${VERDICTS[verdict].label}: ${namespace}/${service}`,
    root: SERVICE_ROOT,
    level: LEVEL_OF_TONE[toneOf(detail)],
    live: liveQuery(namespace, service),
    skip: ['path', 'Skip to the broken place'],
    main,
    version,
    cluster,
  });
}

/** The `/live` query for the page of one Service, whether or not the Service exists. */
export function liveQuery(namespace: string, service: string): string {
  return queryText({ namespace, service });
}

function verdictBox(detail: Detail, now: number): Html {
  const { verdict, blame, blameMeaning, evidence, meaning, advice, convergence, recovery } = detail;
  const tone = toneOf(detail);
  return html`<div class="verdict-box ${tone}">
<p class="headline" role="status">${icon(tone)} <span>${VERDICTS[verdict].label}</span> <span class="muted">for ${lasting(detail, now)}</span></p>
<p>${meaning}</p>
${blame !== 'none' && html`<p><strong>At fault:</strong> ${blameMeaning}.</p>`}
${evidence !== undefined && html`<p><strong>Evidence:</strong> ${name(evidence)}</p>`}
${together(detail)}
${VERDICTS[verdict].state !== 'good' && html`<p><strong>What to try first:</strong> ${advice}</p>`}
${recovery && VERDICTS[verdict].state === 'bad' && recoveryText(recovery)}
${sinceText(detail)}
${edited(detail, now)}
${convergence && convergence.deadline.getTime() > now && html`<p><strong>Cluster DNS does not serve the spec yet.</strong> That is no fault until ${momentText(convergence.deadline)}.</p>`}
<p class="codes"><code>verdict=${verdict}</code> <code>blame=${blame}</code></p>
</div>`;
}

/** The start of a fault is unknown if the first round after the start of the monitor was bad. */
function sinceText({ namespace, service, verdict, badSince, history }: Detail): Part {
  if (badSince || !isTrouble(verdict)) return undefined;
  return html`<p><strong>Began:</strong> at an unknown time before ${momentText(history.since)}, when the monitor first looked. Prometheus may know: <code>max_over_time(externalname_last_success_timestamp_seconds{namespace="${namespace}",service="${service}"}[30d])</code>.</p>`;
}

/** The edit that may be the cause, beside the failure. */
function edited({ editBefore, history }: Detail, now: number): Part {
  if (!editBefore) return undefined;
  const { by, at } = editBefore;
  const [last] = history.edits;
  const change = last && html`: <span class="mono">${name(last.from)} → ${name(last.to)}</span>`;
  return html`<p><strong>Edited just before:</strong> ${by === undefined ? 'by an unknown manager' : html`by ${name(by)}`}, ${moment(at, now)}${change}</p>`;
}

function recoveryText({ zone, seconds, clusterDnsSeconds }: NonNullable<Detail['recovery']>): Html {
  const ofClusterDns = spanText(clusterDnsSeconds * 1000);
  return html`<p><strong>When it will work again:</strong> pods see a correction in the zone <span class="mono">${name(zone)}</span> after ${spanText(seconds * 1000)} at the latest: resolvers may keep the negative answer for so long.${clusterDnsSeconds < seconds && html` ${ofClusterDns} of that is cluster DNS.`}</p>`;
}

/**
 * Other Services that fail together with it, if there are any: the domain or the target is then at
 * fault.
 */
function together({ blame, targetDomain, sharing: { target, domain } }: Detail): Part {
  if (blame !== 'target' && blame !== 'upstream_dns') return undefined;
  const same = target.failing > 1 && `${counted(target.failing)} Services with this target fail.`;
  if (!domain || targetDomain === undefined || domain.failing < 2) {
    return same && html`<p><strong>Not alone:</strong> ${same}</p>`;
  }
  const link = html`<a href="${SERVICE_ROOT}?${queryText({ domain: targetDomain })}">${name(targetDomain)}</a>`;
  const of = domain.services > domain.failing && ` of ${counted(domain.services)}`;
  return html`<p><strong>Not alone:</strong> ${counted(domain.failing)}${of} Services, one domain: ${link}. ${same}</p>`;
}

function outside(detail: Detail, links: OutsideLinks): Html {
  const { namespace, service } = detail;
  const runbook = runbookLink(detail, links);
  const dashboard = dashboardLink(namespace, service, links);
  const path = `${encodeURIComponent(namespace)}/${encodeURIComponent(service)}`;
  const probe = queryText({ namespace, service, debug: 'true' });
  return html`<ul class="links">
${runbook !== undefined && html`<li><a href="${runbook}" rel="noopener external">Runbook</a></li>`}
${dashboard !== undefined && html`<li><a href="${dashboard}" rel="noopener external">Dashboard</a></li>`}
<li><a href="${SERVICE_ROOT}probe?${probe}" rel="nofollow">Probe now, with a trace</a></li>
<li><a href="${SERVICE_ROOT}api/v1/services/${path}">This page as JSON</a></li>
</ul>`;
}

function resolverSection({ resolvers }: Detail, now: number): Html {
  const rows = resolvers.flatMap(({ server, zone, lastAsked, answers }) =>
    answers.map(
      ({ type, outcome, addresses, reason }) =>
        html`<tr><th scope="row">${name(server)}</th><td>${zone === ALL_ZONES ? 'all names' : name(zone)}</td><td>${type}</td><td>${outcome}</td><td>${addresses.length > 0 ? name(addresses.join(', ')) : reason !== undefined && name(reason)}</td><td>${moment(lastAsked, now)}</td></tr>`,
    ),
  );
  return html`<section aria-labelledby="resolvers"><h2 id="resolvers">Resolvers behind cluster DNS</h2><div class="wide" tabindex="0" role="group" aria-label="Resolvers and their answers"><table class="round"><thead><tr><th scope="col">Resolver</th><th scope="col">Forwarded to it</th><th scope="col">Type</th><th scope="col">Outcome</th><th scope="col">Addresses or reason</th><th scope="col">Asked</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

function findingList({ findings }: Detail): Html {
  const worstFirst = LEVELS.toReversed().flatMap((one) =>
    findings.filter(({ level }) => level === one),
  );
  return html`<ul class="finding-list">${worstFirst.map(
    ({ rule, level, detail, meaning, advice }) =>
      html`<li><p class="${level}">${icon(TONE_OF_LEVEL[level])} <strong>${rule.replaceAll('_', ' ')}</strong> <span class="muted">${level}</span></p><p>${meaning}</p>${detail !== undefined && html`<p class="mono">${name(detail)}</p>`}<p><strong>What to do:</strong> ${advice}</p></li>`,
  )}</ul>`;
}

function commandBox({ shows, command }: Detail['commands'][number]): Html {
  return html`<div class="command"><p>${shows}</p><pre tabindex="0"><code>${command}</code></pre><button type="button" class="js-only" data-copy aria-label="Copy: ${shows}">Copy</button></div>`;
}

function sharingText({ services, failing }: Detail['sharing']['target']): string {
  return failing === 0 ? counted(services) : `${counted(services)}, ${counted(failing)} failing`;
}

function facts(detail: Detail, now: number): Html {
  const { alias, target, rounds, lastProbe, lastSuccess, created, edits, severity, labels } =
    detail;
  const { worseServers, drift, disagrees, blame, references, targetDomain, sharing } = detail;
  const fact = (term: string, text: Part): Html =>
    html`<div><dt>${term}</dt><dd>${text}</dd></div>`;
  return html`<dl class="facts">
${fact('Alias', html`<span class="mono">${name(alias)}</span>`)}
${fact('Target (spec.externalName)', html`<span class="mono">${name(target)}</span>`)}
${targetDomain !== undefined && fact('Domain of the target', html`<span class="mono">${name(targetDomain)}</span>`)}
${fact('Services with this target', sharingText(sharing.target))}
${sharing.domain && fact('Services with a target in this domain', sharingText(sharing.domain))}
${fact('Blame', BLAMES[blame].label)}
${fact('Last probe', lastProbe ? moment(lastProbe, now) : 'none yet')}
${fact('Last address for pods', lastSuccess ? moment(lastSuccess, now) : 'never')}
${fact('Rounds', `${counted(rounds.up)} up, ${counted(rounds.down)} down`)}
${fact('Created', moment(created, now))}
${fact('Edits seen', counted(edits))}
${fact('Drift', `${several(drift.moves, 'move')}, ${several(drift.rotations, 'rotation')}`)}
${disagrees !== undefined && fact('Reference resolvers', disagrees ? 'contradict cluster DNS' : 'agree')}
${references.flatMap(({ server, answers }) =>
  answers
    .filter(({ extendedErrors }) => extendedErrors)
    .map((answer) =>
      fact(
        `Reference resolver ${server}, ${answer.type}`,
        html`${answer.outcome}${reasonsText(answer)}`,
      ),
    ),
)}
${
  worseServers.length > 0 &&
  fact(
    'Servers that fail while others work',
    worseServers.map((server, i) => html`${i > 0 && ', '}${name(server)}`),
  )
}
${severity && fact('Severity, by annotation', severity)}
${Object.entries(labels).map(([key, value]) => fact(`Label ${key}`, name(value)))}
</dl>`;
}
