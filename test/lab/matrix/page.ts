/** docs/fault-matrix.md: the constant parts come from the rows, the measured parts from a run. */
import { SUMMARY } from './baseline.ts';
import type { BlackboxView } from './blackbox.ts';
import type { PodIps } from './installed.ts';
import {
  ADDITIONS,
  type Addition,
  ATTEMPTS,
  BASE_ROUNDS,
  CACHE_MS,
  DEADLINE_MS,
  INTERVAL_MS,
  reachOf,
  TIMEOUT_MS,
} from './reach.ts';
import { GROUPS, type Row } from './row.ts';
import { ROWS } from './rows/index.ts';
import type { Result } from './run.ts';
import type { Said } from './words.ts';

const TITLES: Readonly<Record<string, string>> = {
  servers: 'Cluster DNS',
  pods: 'Pods of cluster DNS behind a cluster IP',
  upstream: 'Upstream DNS and targets',
  crowd: 'Clusters as they are',
  spec: 'Specs',
  ourselves: 'The monitor itself',
};

const PODS_WITH: Readonly<Record<PodIps, string>> = {
  ipv4: 'IPv4-only pods',
  dual: 'dual-stack pods',
  ipv6: 'IPv6-only pods',
};

/**
 * The promise of a row, as the page shows it before any measurement; a test compares the page with
 * it.
 */
export function promiseOf(row: Row): string {
  const expected = row.expected.map(words).join(' or ');
  const dead = row.dead ? `; dead before: ${row.dead.map(words).join(' or ')}` : '';
  const where = Object.entries(row.where ?? {}).map(
    ([podIps, { expected = row.expected }]) =>
      `; ${PODS_WITH[podIps as PodIps]}: ${expected.map(words).join(' or ')}`,
  );
  return `| ${row.name} | ${row.fault} | ${expected}${dead}${where.join('')} |`;
}

/** The page of a run; rows that were not run keep their text. */
export function pageOf(results: readonly Result[], conditions: string, before: string): string {
  const resultOf = new Map(results.map((result) => [result.row.name, result]));
  const sections = GROUPS.map((group) => {
    const rows = ROWS.filter((row) => row.group === group);
    const lines = rows.map((row) => lineOf(row, resultOf.get(row.name), before));
    return `## ${TITLES[group]}

| fault | broken part | right | reported | detected | cleared | wrong of others | blackbox_exporter | with an A record |
|---|---|---|---|---|---|---|---|---|
${lines.join('\n')}
${notesOf(rows, resultOf, before)}`;
  });
  return `<!-- Written by \`npm run fault-matrix\`; the expected verdicts are in test/lab/matrix/rows. -->

# Fault matrix

This page shows the verdicts of the monitor for real faults, on a real kube-apiserver, CoreDNS, unbound and knot. ${ROWS.length} faults are injected into a
population of otherwise healthy Services, one after another and some at once. Each row states in advance the right verdict, and how
many rounds it may take. ${conditions}

- **Reported** is up, verdict and blame of every Service that the fault affects. In brackets: verdicts that are allowed on the way.
  While a cache lapses, one entry after the other, \`1 degraded target\` always is: pods are still served, and their target fails.
- **Detected** and **cleared** are rounds of ${INTERVAL_MS / 1_000} s from the injection, or the repair, to the first scrape in which the last
  Service has the right verdict; in brackets the limit of the row. It is ${BASE_ROUNDS} rounds (a turn comes once a round; a bad round is confirmed a
  second later), and the time that the fault itself adds, see below.
- **Wrong of others** counts wrong verdicts of Services without a fault in that time.
- **blackbox_exporter** is probed at the same pace for the same aliases, configured as its documentation suggests: an A query at
  cluster DNS, \`valid_rcodes: [NOERROR]\`. The number is how many rounds it took until \`probe_success\` was 0; it does not name the
  component at fault. **With an A record** is the same module with one line more, which requires an A record in the answer:
  \`validate_answer_rrs: {fail_if_none_matches_regexp: ['\\sIN\\sA\\s']}\`.

A row is right only if the first verdict and every later one is right or is in brackets: at each scrape (four a second), and at
each line of the monitor's log, which also has verdicts that last for a shorter time.

Rows of "${TITLES.crowd}" run on another population: ${SUMMARY}.
In the column "right", "dead before" is for Services that never worked. A row with "one Service in all", or two, has a monitor of its
own, which watches a namespace with so many Services.

The monitor runs as the shipped manifests install it, in a cluster with IPv4-only pods, but with
\`--interval=${INTERVAL_MS / 1_000}s --timeout=${TIMEOUT_MS}ms --attempts=${ATTEMPTS} --convergence-deadline=${DEADLINE_MS / 1_000}s\`; CoreDNS caches for ${CACHE_MS / 1_000} s.
Rows about address families are run with dual-stack and IPv6-only pods as well (\`-- --pod-ips=dual\`, \`ipv6\`).

${sections.join('\n')}
## Reasons for more than two rounds

| word | rounds | why |
|---|---|---|
${Object.entries(ADDITIONS)
  .map(([name, { ms, why }]) => `| ${name} | ${ms / INTERVAL_MS} | ${why} |`)
  .join('\n')}
`;
}

function lineOf(row: Row, result: Result | undefined, before: string): string {
  const promise = promiseOf(row).slice(0, -2);
  if (!result) return lineAfter(before, `${promise} |`) ?? `${promise} | not run | | | | | |`;
  const { said, via, detected, cleared, others, blackbox } = result;
  const onTheWay = via.length > 0 ? ` (${via.map(words).join(', ')})` : '';
  const cells = [
    `${said.map(words).join(', ') || 'nothing right'}${onTheWay}`,
    roundsText(detected, row.detect),
    row.inject ? roundsText(cleared, row.clear) : '–',
    String(others.length),
    blackboxText(blackbox.documented),
    blackboxText(blackbox.strict),
  ];
  return `${promise} | ${cells.join(' | ')} |`;
}

function lineAfter(page: string, start: string): string | undefined {
  return page.split('\n').find((line) => line.startsWith(start));
}

function roundsText(rounds: number | undefined, additions: readonly Addition[] = []): string {
  const reach = `${reachOf(additions)}${additions.length > 0 ? `: ${additions.join(', ')}` : ''}`;
  return `${rounds === undefined ? 'never' : rounds.toFixed(1)} (${reach})`;
}

function blackboxText({ noticed, isSteady }: BlackboxView): string {
  if (noticed === undefined) return 'success';
  return `failure after ${noticed.toFixed(1)}${isSteady ? '' : ', on and off'}`;
}

function notesOf(
  rows: readonly Row[],
  resultOf: ReadonlyMap<string, Result>,
  before: string,
): string {
  const notes = rows.flatMap((row) => {
    const { name, note, limit, knownWrong } = row;
    const said = / Measured: (.*)\.$/.exec(lineAfter(before, `- **${name}.**`) ?? '')?.[1];
    const measured = resultOf.has(name) ? resultOf.get(name)?.measured : said;
    const texts = [
      note,
      limit && `DNS messages do not show it: ${limit}`,
      knownWrong && `**Known to be wrong**: ${knownWrong}`,
      measured && `Measured: ${measured}.`,
    ].filter(Boolean);
    return texts.length > 0 ? [`- **${name}.** ${texts.join(' ')}`] : [];
  });
  return notes.length > 0 ? `\n${notes.join('\n')}\n` : '';
}

function words(said: Said): string {
  return `\`${said}\``;
}
