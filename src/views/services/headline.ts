/** The headline: one sentence about the most important fault. */

import type { InformerStatus } from '../../model/informer.ts';
import { kindOf } from '../../model/outcome.ts';
import type { QueryResult } from '../../model/round.ts';
import { BLAMES, type Blame, VERDICTS } from '../../model/verdict.ts';
import type { ZoneState } from '../../model/zone.ts';
import type { DomainGroup } from './domains.ts';
import type { Tally, Trouble } from './tally.ts';

export interface Headline {
  /** `critical`: pods do not get an address. */
  readonly level: 'ok' | 'warning' | 'critical';
  /** Contains names from tenants, so callers must escape it for their format. */
  readonly text: string;
  /** Number of Services that it is about. */
  readonly affected: number;
}

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
  /** Domains and targets that are one fault each. */
  readonly faults: readonly DomainGroup[];
  readonly informer: InformerStatus;
  readonly stale: boolean;
  readonly servers: readonly AskedServer[];
  readonly zone: ZoneState;
}

/**
 * The broadest fault, closest to the root cause: servers before targets, and faults that take
 * Services down before other faults.
 */
export function headlineOf(known: Known): Headline {
  const { informer, stale, servers, troubles, zone } = known;
  if (!informer.synced) return warning('The first list of Services is not complete yet.', 0);
  const main = servers.filter(({ isMain }) => isMain);
  const failing = main.filter(({ answers }) => !answers);
  const ofClusterDns = troubles.get('cluster_dns')?.services ?? 0;
  if (zone === 'unproven') {
    const text = 'Cluster DNS does not know kubernetes.default: is --cluster-domain right?';
    return warning(text, troubles.get('monitor')?.services ?? 0);
  }
  if (zone === 'lost' && ofClusterDns > 0) {
    const text = `Cluster DNS at ${namesOf(failing)} has lost the zone of the cluster: ${affected(ofClusterDns)}.`;
    return critical(text, ofClusterDns);
  }
  if (failing.length > 0 && failing.length === main.length) {
    const text = `Cluster DNS at ${namesOf(failing)} ${complaintOf(failing)}: ${affected(ofClusterDns)}.`;
    return critical(text, ofClusterDns);
  }
  const worst = [...troubles].sort(([, a], [, b]) => b.down - a.down || b.services - a.services)[0];
  if (worst && worst[1].down > 0) return ofWorst(known, worst, known.down);
  const someFailing = servers.filter(({ answers }) => !answers);
  if (someFailing.length > 0) {
    const of = someFailing[0]?.isMain ? main.length : servers.length - main.length;
    const text = `${someFailing.length} of ${of} servers of cluster DNS, ${namesOf(someFailing)}, ${complaintOf(someFailing)}: ${affected(ofClusterDns)}.`;
    return warning(text, ofClusterDns);
  }
  if (worst) return ofWorst(known, worst, 0);
  if (stale) {
    const text = 'The API server has not been heard: Services may have changed since.';
    return warning(text, known.up + known.down);
  }
  const { pending = 0, healthy = 0 } = known.verdicts;
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

/**
 * A sentence about one domain or target, if that is more specific than the blame. `down`: Services
 * that do not resolve, for any reason.
 */
function ofWorst(
  { faults }: Known,
  [blame, trouble]: readonly [Blame, Trouble],
  down: number,
): Headline {
  const isDown = trouble.down > 0;
  const largest = faults.find((group) => group.blame === blame && (group.down > 0 || !isDown));
  if (!largest) return ofTrouble(blame, trouble, down);
  return ofDomain(largest, isDown ? largest.down : largest.failing, down);
}

function ofDomain({ domain, target, blame }: DomainGroup, count: number, down: number): Headline {
  const others = down > count ? ` ${alsoDown(down - count)}.` : '';
  const what = down > 0 ? 'do not resolve' : 'are not as they should be';
  const one = target === undefined ? `one domain: ${domain}` : `one target: ${target}`;
  const say = down > 0 ? critical : warning;
  return say(`${count} Services, ${one}. They ${what} ${BLAMES[blame].because}.${others}`, count);
}

/** The start of a sentence about a number of other Services. */
function alsoDown(count: number): string {
  return count === 1
    ? '1 other Service does not resolve'
    : `${count} other Services do not resolve`;
}

/** `down`: as above. */
function ofTrouble(blame: Blame, trouble: Trouble, down: number): Headline {
  const { example, hasOneTarget, services } = trouble;
  const isDown = trouble.down > 0;
  const count = isDown ? trouble.down : services;
  const others = isDown && down > count ? ` ${alsoDown(down - count)} for other reasons.` : '';
  const say = isDown ? critical : warning;
  const { key, externalName } = example.spec;
  if (count === 1) {
    return say(`${key}: ${VERDICTS[example.diagnosis.verdict].meaning}${others}`, count);
  }
  const what = isDown ? 'do not resolve' : 'are not as they should be';
  const why =
    hasOneTarget && blame === 'target'
      ? `because of their target ${externalName}`
      : BLAMES[blame].because;
  return say(`${count} Services ${what} ${why}.${others}`, count);
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

const ok = (text: string, count: number): Headline => ({ level: 'ok', text, affected: count });
const warning = (text: string, count: number): Headline => ({
  ...ok(text, count),
  level: 'warning',
});
const critical = (text: string, count: number): Headline => ({
  ...ok(text, count),
  level: 'critical',
});
