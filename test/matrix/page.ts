/** docs/fault-matrix.md: what is fixed in it comes from the rows, what was measured from a run. */
import type { BlackboxView } from './blackbox.ts';
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
  spec: 'Specs',
  ourselves: 'The monitor itself',
};

/** What a row promises, as the page has it before anything is measured; a test holds the page against it. */
export function promiseOf(row: Row): string {
  const expected = row.expected.map(words).join(' or ');
  const except = Object.entries(row.except ?? {}).map(
    ([name, said]) => `; ${name}: ${said.map(words).join(' or ')}`,
  );
  return `| ${row.name} | ${row.fault} | ${expected}${except.join('')} |`;
}

/** The page of a run of all rows. */
export function pageOf(results: readonly Result[], conditions: string): string {
  const resultOf = new Map(results.map((result) => [result.row.name, result]));
  const sections = GROUPS.map((group) => {
    const rows = ROWS.filter((row) => row.group === group);
    const lines = rows.map((row) => lineOf(row, resultOf.get(row.name)));
    return `## ${TITLES[group]}

| fault | what is broken | right | said | detected | cleared | wrong of others | blackbox_exporter |
|---|---|---|---|---|---|---|---|
${lines.join('\n')}
${notesOf(rows, resultOf)}`;
  });
  return `<!-- Written by \`npm run fault-matrix\`; what is right stands in test/matrix/rows. -->

# Fault matrix

What the monitor says of real faults, on a real kube-apiserver, CoreDNS, unbound and knot. ${ROWS.length} faults are injected into a
population of otherwise healthy Services, one after another and some at once; each row says beforehand what is right, and how
many rounds it may take. ${conditions}

- **Said** is up, verdict and blame, of every Service that the fault meets. In brackets: what is lawful on the way.
  While a cache lapses, one entry after the other, \`1 degraded target\` always is: pods are still served, and their target fails.
- **Detected** and **cleared** are rounds of ${INTERVAL_MS / 1_000} s from the injection, or the mend, to the first scrape in which the last
  Service says what is right; in brackets the row's reach. It is ${BASE_ROUNDS} rounds (a turn comes once a round; a bad round is asked again a
  second later before it is believed), and what the fault itself adds, see below.
- **Wrong of others** counts verdicts that Services without a fault were given meanwhile.
- **blackbox_exporter** is probed at the same pace for the same aliases, configured as its documentation suggests: an A query at
  cluster DNS, \`valid_rcodes: [NOERROR]\`. The number is how many rounds it took until \`probe_success\` was 0; whose fault it is, it does
  not say.

The monitor runs with \`--interval=${INTERVAL_MS / 1_000}s --timeout=${TIMEOUT_MS}ms --attempts=${ATTEMPTS} --convergence-deadline=${DEADLINE_MS / 1_000}s\`; CoreDNS caches for ${CACHE_MS / 1_000} s.

${sections.join('\n')}
## What adds to two rounds

| word | rounds | why |
|---|---|---|
${Object.entries(ADDITIONS)
  .map(([name, { ms, why }]) => `| ${name} | ${ms / INTERVAL_MS} | ${why} |`)
  .join('\n')}
`;
}

function lineOf(row: Row, result: Result | undefined): string {
  const promise = promiseOf(row).slice(0, -2);
  if (!result) return `${promise} | not run | | | | |`;
  const { said, via, detected, cleared, others, blackbox } = result;
  const onTheWay = via.length > 0 ? ` (${via.map(words).join(', ')})` : '';
  const cells = [
    `${said.map(words).join(', ') || 'nothing right'}${onTheWay}`,
    roundsText(detected, row.detect),
    row.inject ? roundsText(cleared, row.clear) : '–',
    String(others.length),
    blackboxText(blackbox),
  ];
  return `${promise} | ${cells.join(' | ')} |`;
}

function roundsText(rounds: number | undefined, additions: readonly Addition[] = []): string {
  const reach = `${reachOf(additions)}${additions.length > 0 ? `: ${additions.join(', ')}` : ''}`;
  return `${rounds === undefined ? 'never' : rounds.toFixed(1)} (${reach})`;
}

function blackboxText({ noticed, isSteady }: BlackboxView): string {
  if (noticed === undefined) return 'success';
  return `failure after ${noticed.toFixed(1)}${isSteady ? '' : ', on and off'}`;
}

function notesOf(rows: readonly Row[], resultOf: ReadonlyMap<string, Result>): string {
  const notes = rows.flatMap((row) => {
    const { name, note, limit, knownWrong } = row;
    const measured = resultOf.get(name)?.measured;
    const texts = [
      note,
      limit && `The wire does not tell: ${limit}`,
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
