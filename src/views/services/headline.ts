/**
 * The headline: one sentence about the most important fault. New faults come before old ones, and
 * broad causes before narrow ones.
 */

import { FINDINGS } from '../../model/finding.ts';
import { type InformerStatus, RESTART_REASONS } from '../../model/informer.ts';
import {
  isNewWithin,
  NEW_WINDOW_NAMES,
  NEW_WINDOWS,
  type NewWindow,
  newWindowOf,
} from '../../model/newness.ts';
import { kindOf } from '../../model/outcome.ts';
import type { QueryResult } from '../../model/round.ts';
import { BLAMES, VERDICTS } from '../../model/verdict.ts';
import type { ZoneState } from '../../model/zone.ts';
import type { ServiceRecord } from '../../state/record.ts';
import { count, object, optional, text, type Value, words } from '../schema.ts';
import { type Cause, causesOf } from './causes.ts';
import type { Domains } from './domains.ts';
import { editBefore } from './edit-before.ts';
import { SLOW_SECONDS, type Tally } from './tally.ts';

export const HEADLINE = object({
  level: words(['ok', 'warning', 'critical'], 'critical: pods get no address, or a wrong one.'),
  // Contains names from tenants, so callers must escape it for their format.
  text: text('The most important fault, in one or two sentences.'),
  affected: count('Number of affected Services.'),
  query: optional(
    text('Of GET /api/v1/services, to list these Services; absent if no filter selects them.'),
  ),
});
export type Headline = Value<typeof HEADLINE>;

interface AskedServer {
  /** `address:port`. */
  readonly server: string;
  readonly answers: boolean;
  /** One of `--cluster-dns`. */
  readonly isMain: boolean;
  /** The result of the control query; absent before the first one. */
  readonly result?: QueryResult;
}

interface Known extends Tally {
  readonly domains: Pick<Domains, 'of' | 'isWhole'>;
  readonly informer: InformerStatus;
  readonly stale: boolean;
  readonly servers: readonly AskedServer[];
  readonly zone: ZoneState;
  /** Milliseconds on the steady clock. */
  readonly now: number;
}

export function headlineOf(known: Known): Headline {
  const bad = known.bad.filter(({ badSince }) => newWindowOf(badSince, known.now) !== undefined);
  return (
    ofFirstList(known) ??
    ofAllServers(known) ??
    ofServices(known, bad.filter(isDown)) ??
    ofRefusal(known) ??
    ofSomeServers(known) ??
    ofSlowServers(known) ??
    ofFindings(known) ??
    ofServices(known, bad) ??
    ofServices(known, known.bad) ??
    ofSilence(known) ??
    ofHealth(known)
  );
}

function ofFirstList({ informer }: Known): Headline | undefined {
  if (informer.synced) return undefined;
  return warning(`The first list of Services is not complete yet${whyOf(informer)}.`, 0);
}

const OF_CLUSTER_DNS = 'blame=cluster_dns';

/** Cluster DNS fails as a whole. */
function ofAllServers({ servers, zone, blames }: Known): Headline | undefined {
  const main = servers.filter(({ isMain }) => isMain);
  const failing = main.filter(({ answers }) => !answers);
  const { cluster_dns: count = 0, monitor = 0 } = blames;
  if (zone === 'unproven') {
    return warning(
      'Cluster DNS does not know kubernetes.default: is --cluster-domain right?',
      monitor,
    );
  }
  if (zone === 'lost' && count > 0) {
    const text = `Cluster DNS at ${namesOf(failing)} has lost the zone of the cluster: ${affected(count)}.`;
    return critical(text, count, OF_CLUSTER_DNS);
  }
  if (failing.length === 0 || failing.length < main.length) return undefined;
  return critical(
    `Cluster DNS at ${namesOf(failing)} ${complaintOf(failing)}: ${affected(count)}.`,
    count,
    count > 0 ? OF_CLUSTER_DNS : undefined,
  );
}

/** Failures that only a person can fix, in the API server or in the path to it. */
const REFUSALS = new Set(['unauthorized', 'forbidden', 'credentials']);

function ofRefusal({ informer, up, down }: Known): Headline | undefined {
  if (informer.connected || !REFUSALS.has(informer.failure ?? '')) return undefined;
  return warning(
    `The monitor cannot watch Services${whyOf(informer)}. New, changed and deleted ones are missed.`,
    up + down,
  );
}

function ofSilence({ stale, informer, up, down }: Known): Headline | undefined {
  if (!stale) return undefined;
  return warning(
    `The monitor has lost contact with the API server${whyOf(informer)}. New, changed and deleted Services are missed.`,
    up + down,
  );
}

function whyOf({ failure }: InformerStatus): string {
  return failure === undefined ? '' : ` (${RESTART_REASONS[failure]})`;
}

function ofSomeServers({ servers, blames }: Known): Headline | undefined {
  const failing = servers.filter(({ answers }) => !answers);
  if (failing.length === 0) return undefined;
  const main = servers.filter(({ isMain }) => isMain).length;
  const all = failing[0]?.isMain ? main : servers.length - main;
  const count = blames.cluster_dns ?? 0;
  return warning(
    `${failing.length} of ${all} servers of cluster DNS, ${namesOf(failing)}, ${complaintOf(failing)}: ${affected(count)}.`,
    count,
    count > 0 ? OF_CLUSTER_DNS : undefined,
  );
}

/** Every server answers slowly for a name from its own memory, and most Services are affected. */
function ofSlowServers({ servers, slow, up, down }: Known): Headline | undefined {
  const main = servers.filter(({ isMain }) => isMain);
  const seconds = main.map(({ result }) => result?.seconds ?? 0);
  const least = Math.min(...seconds);
  if (main.length === 0 || least < SLOW_SECONDS || slow * 2 < up + down) return undefined;
  return warning(
    `Cluster DNS at ${namesOf(main)} is slow: ${Math.round(least * 1000)} ms for a name in the cluster. ${affected(slow)}.`,
    slow,
  );
}

function ofFindings({ suspect }: Known): Headline | undefined {
  const [first] = suspect;
  const finding = first?.findings[0];
  if (!first || !finding) return undefined;
  const others = suspect.length - 1;
  const more = others > 0 ? ` So do ${others} more with critical findings.` : '';
  return critical(
    `${first.spec.key} resolves, with a critical finding: ${FINDINGS[finding.rule].meaning}${more}`,
    suspect.length,
    'level=critical&verdict=healthy',
  );
}

/** `bad`: the Services to find a cause for. */
function ofServices(known: Known, bad: readonly ServiceRecord[]): Headline | undefined {
  const [cause] = causesOf(bad, known.domains);
  if (!cause) return undefined;
  const { blame, down, services } = cause;
  const of = down.length > 0 ? down : services;
  const window = windowOf(of, known.now);
  const age = window && NEW_WINDOWS[window].words;
  const others = known.down - down.length;
  const also = others > 0 && down.length > 0 ? ` ${alsoDown(others)}.` : '';
  const report = known.down > 0 ? critical : warning;
  const query = queryOf(cause, window);
  const [only] = of;
  if (of.length === 1 && only) {
    const { key } = only.spec;
    const edit = editBefore(only);
    const after = edit?.by === undefined ? '' : ` ${edit.by} edited it just before.`;
    const when = age === undefined ? '' : ` It began ${age}.${after}`;
    return report(`${key}: ${VERDICTS[only.diagnosis.verdict].meaning}${when}${also}`, 1, query);
  }
  return report(
    `${of.length} Services${inCommon(cause)} ${verbOf(down.length > 0, age)} ${BLAMES[blame].because}.${also}`,
    of.length,
    query,
  );
}

/** The filter that lists the Services of a cause. */
function queryOf(
  { kind, name, blame, down, services }: Cause,
  window: NewWindow | undefined,
): string | undefined {
  const [only] = down.length > 0 ? down : services;
  const query = new URLSearchParams();
  if ((down.length || services.length) === 1 && only) {
    query.set('text', only.spec.key);
    return query.toString();
  }
  if (kind === 'domain') query.set('domain', name);
  else if (kind === 'edit' && name !== '') query.set('editor', name);
  else if (kind === 'target' || (kind === 'others' && name !== '')) query.set('text', name);
  else query.set('blame', blame);
  if (down.length > 0) query.set('up', '0');
  if (window !== undefined) query.set('new', window);
  return query.toString();
}

function inCommon({ kind, name }: Cause): string {
  switch (kind) {
    case 'domain':
      return ` in one domain, ${name},`;
    case 'target':
      return ` with one target, ${name},`;
    case 'others':
      return name === '' ? '' : ` with one target, ${name},`;
    case 'edit':
      return name === '' ? ' that were edited' : ` that ${name} edited`;
    default:
      return '';
  }
}

function verbOf(areDown: boolean, age: string | undefined): string {
  if (age === undefined) return areDown ? 'do not resolve' : 'are degraded';
  return areDown ? `stopped resolving ${age}` : `became degraded ${age}`;
}

/** The shortest window that has all of them; undefined if the fault is not new for one. */
function windowOf(services: readonly ServiceRecord[], now: number): NewWindow | undefined {
  return NEW_WINDOW_NAMES.find((window) =>
    services.every(({ badSince }) => isNewWithin(badSince, window, now)),
  );
}

function isDown({ diagnosis }: ServiceRecord): boolean {
  return diagnosis.up === 0;
}

/** The start of a sentence. */
function alsoDown(count: number): string {
  return count === 1
    ? '1 other Service does not resolve'
    : `${count} other Services do not resolve`;
}

function ofHealth({ verdicts }: Known): Headline {
  const { pending = 0, healthy = 0 } = verdicts;
  if (pending + healthy === 0) return ok('There are no ExternalName Services to watch.', 0);
  if (pending === 0) {
    return ok(
      healthy === 1 ? 'The one Service is healthy.' : `All ${healthy} Services are healthy.`,
      0,
    );
  }
  const waiting = `${pending} ${pending === 1 ? 'is' : 'are'} not judged yet`;
  return ok(`${healthy} Services are healthy, ${waiting}.`, pending);
}

/** The default port is left out; only the first three of many servers. */
function namesOf(servers: readonly AskedServer[]): string {
  const names = servers.map(({ server }) => server.replace(/:53$/, '').replace(/^\[(.*)\]$/, '$1'));
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

function complaintOf(servers: readonly AskedServer[]): string {
  const isSilent = servers.every(({ result }) => !result || kindOf(result.outcome) === 'silence');
  const verb = servers.length > 1 ? 'are' : 'is';
  if (isSilent) return `${verb} not answering`;
  const outcomes = new Set(servers.map(({ result }) => result?.outcome));
  return `${verb} failing (${[...outcomes].join(', ')})`;
}

function affected(count: number): string {
  return count === 1 ? '1 Service affected' : `${count} Services affected`;
}

const say =
  (level: Headline['level']) =>
  (text: string, affected: number, query?: string): Headline => ({
    level,
    text,
    affected,
    ...(query === undefined ? {} : { query }),
  });
const ok = say('ok');
const warning = say('warning');
const critical = say('critical');
