/** Numbers in the prose of the pages are those of the sources: a change of one fails here until the page follows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type OptionName, optionOf } from '../../../src/config/options.ts';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The value of a constant in the sources, exported or not: a number, or a product or quotient of numbers. */
function constant(file: string, name: string): number {
  const [, text] =
    new RegExp(`^ *(?:export )?(?:const )?${name}(?:: | = )([\\d_. */]+)[;,]$`, 'm').exec(
      read(`src/${file}.ts`),
    ) ?? [];
  if (text === undefined) throw new Error(`Cannot find the constant ${name}, got src/${file}.ts`);
  const [first = Number.NaN, ...rest] = text
    .split(/[*/]/)
    .map((one) => Number(one.replaceAll('_', '')));
  const operators = text.match(/[*/]/g) ?? [];
  return rest.reduce(
    (value, next, i) => (operators[i] === '*' ? value * next : value / next),
    first,
  );
}

const option = (name: OptionName): string => optionOf(name).fallback ?? '';
const count = (file: string, name: string): string =>
  constant(file, name).toLocaleString('en-US', { maximumFractionDigits: 6 });
const words = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const word = (file: string, name: string): string => words[constant(file, name)] ?? '?';
/** In the unit of the phrase, from milliseconds. */
const over = (unit: number) => (file: string, name: string) =>
  (constant(file, name) / unit).toLocaleString('en-US');
const seconds = over(1_000);
const minutes = over(60_000);
const hours = over(3_600_000);
const percent = (file: string, name: string): string => String(100 * constant(file, name));

/** A page, and a phrase in it. */
const PHRASES: readonly (readonly [page: string, phrase: string])[] = [
  ['README.md', `\`--min-interval\` (\`${seconds('config/probe-config', 'MIN_INTERVAL_MS')}s\`)`],
  ['README.md', `to \`${hours('model/service', 'MAX_INTERVAL_MS')}h\``],
  ['README.md', `If port ${option('listen').split(':').at(-1)} is in use`],
  [
    'README.md',
    `[${(read('manifests/alerts/rules.yaml').match(/^ *- alert: /gm) ?? []).length} alerts]`,
  ],
  ['docs/stability.md', `port ${option('listen').split(':').at(-1)}`],

  ['docs/api.md', `\`limit\` (1 to ${count('views/services/list', 'MOST_LIMIT')}, default 100)`],
  ['docs/api.md', `limit must be <= ${count('views/services/list', 'MOST_LIMIT')}`],
  ['docs/api.md', `up to ${count('views/services/filters', 'MOST_WORDS')} times`],
  ['docs/api.md', `at least ${word('views/services/domains', 'LEAST_FAILING')} Services that fail`],
  ['docs/api.md', `first, ${count('views/services/domains', 'MOST_GROUPS')} at most`],
  ['docs/api.md', `**${count('http/probe-route', 'MOST_PROBES')} probes a minute**`],

  ['docs/status-page.md', `limit\`, ${count('views/services/list', 'MOST_LIMIT')} at most`],
  ['docs/status-page.md', `and at least ${word('views/services/domains', 'MANY')} do`],
  ['docs/status-page.md', `slow (${count('views/services/tally', 'SLOW_SECONDS')} s or more`],
  [
    'docs/status-page.md',
    `at most ${minutes('state/bad-since', 'YOUNG_MS')} minutes before the monitor`,
  ],
  ['docs/status-page.md', `At most ${count('http/live', 'MOST_WATCHERS')} pages get live updates`],
  [
    'docs/status-page.md',
    `every ${words[constant('http/live', 'REST_MS') / 1_000]} seconds for other`,
  ],

  ['docs/verdicts.md', `lost if ${count('diagnosis/loss', 'LEAST_LOST')} or more`],
  ['docs/verdicts.md', `at least ${percent('diagnosis/loss', 'LEAST_SHARE')} %`],
  ['docs/verdicts.md', `of the last ${count('diagnosis/loss', 'WINDOW')} queries`],
  ['docs/verdicts.md', `no reply, within ${minutes('diagnosis/loss', 'OLDEST_MS')} minutes`],
  ['docs/verdicts.md', `more than ${count('diagnosis/trace', 'CHANCE_ROUNDS')} rounds in a row`],
  ['docs/verdicts.md', `of the last ${count('diagnosis/trace', 'RECENT')}, at least`],
  ['docs/verdicts.md', `changed ${count('diagnosis/trace', 'ALTERNATING')} times`],
  [
    'docs/verdicts.md',
    `two intervals and ${seconds('diagnosis/upstream-sensor', 'SENSOR_CACHE_MS')} s`,
  ],
  ['docs/verdicts.md', `up to ${word('diagnosis/misnaming', 'MOST_CANDIDATES')} such names`],
  ['docs/verdicts.md', `At least ${word('diagnosis/population', 'SEVERAL')} other domains`],
  [
    'docs/verdicts.md',
    `within ${word('state/store', 'TOGETHER_INTERVALS')} intervals of each other`,
  ],
  ['docs/verdicts.md', `the last ${count('probe/breaker', 'SILENT_DOMAINS')} targets got no reply`],
  [
    'docs/verdicts.md',
    `for at most ${constant('diagnosis/recovery', 'MOST_NEGATIVE_SECONDS') / 3_600} hours`,
  ],

  ['docs/findings.md', `starts at ${count('diagnosis/answer-findings', 'LONG_CHAIN')} CNAMEs`],
  [
    'docs/findings.md',
    `NXDOMAIN for ${word('diagnosis/trace', 'NXDOMAIN_ROUNDS')} rounds in a row`,
  ],
  ['docs/findings.md', `${count('config/policy', 'MOST_ITEMS')} items a list`],
  ['docs/findings.md', `${count('config/policy', 'MOST_NAMESPACES')} namespaces`],
  ['docs/check.md', `\`zero_ttl\` (${word('diagnosis/trace', 'ZERO_TTL_ROUNDS')} rounds)`],
  ['docs/check.md', `${constant('commands/check/files', 'LARGEST') / 1024 ** 2} MiB at most`],

  ['docs/drift.md', `\`--drift-entries\` (${option('driftEntries')})`],
  ['docs/drift.md', `\`--drift-window\` (${option('driftWindow').replace('h', ' h')})`],
  ['docs/drift.md', `comes ${constant('diagnosis/pool', 'STILL') + 1} times in a row`],
  [
    'docs/drift.md',
    `for ${constant('diagnosis/pool', 'STILL') * constant('diagnosis/pool', 'SLOWEST')} rounds`,
  ],
  ['docs/drift.md', `come up ${count('diagnosis/pool', 'PASSES')} times on average`],

  ['docs/events.md', `${count('kubernetes/spam-filter', 'BURST')} Events for one Service`],
  [
    'docs/events.md',
    `one in ${words[constant('kubernetes/spam-filter', 'REFILL_MS') / 60_000]} minutes`,
  ],
  ['docs/events.md', `up to ${count('kubernetes/events', 'MOST_QUEUED')} Events wait`],
  ['docs/events.md', `with ${count('kubernetes/events', 'ATTEMPTS')} attempts`],
  ['docs/events.md', `${word('monitor/verdict-events', 'ROUNDS')} rounds in a row have had`],

  ['docs/dnssec.md', `after ${seconds('probe/signatures', 'FRESH_AFTER_MS')} to 20 s`],
  [
    'docs/dnssec.md',
    `at most ${words[1_000 / constant('probe/signatures', 'FRESH_PAUSE_MS')]} of them a second`,
  ],
  [
    'docs/reference-resolvers.md',
    `at most ${count('probe/references', 'MOST_AT_ONCE')} targets are queried`,
  ],
  [
    'docs/reference-resolvers.md',
    `at most ${words[1_000 / constant('probe/references', 'FRESH_PAUSE_MS')]} of them a second`,
  ],
  [
    'docs/reference-resolvers.md',
    `${word('diagnosis/opinion', 'QUIET_PER_NETWORK')} lookups in a row`,
  ],
  ['docs/reference-resolvers.md', `given for ${count('diagnosis/opinion', 'ROUNDS_KEPT')} rounds`],
  [
    'docs/reference-resolvers.md',
    `after ${count('diagnosis/opinion', 'ROUNDS_LEFT_BEHIND')} rounds`,
  ],
  ['docs/reference-resolvers.md', `at most ${count('diagnosis/opinion', 'MOST_KNOWN')} networks`],
  [
    'docs/upstream-dns.md',
    `every ${seconds('probe/upstream-resolvers', 'DIFFERING_EVERY_MS')} s while the resolvers disagree`,
  ],
  [
    'docs/upstream-dns.md',
    `every ${minutes('probe/upstream-resolvers', 'MISSING_EVERY_MS')} minutes if the name does not exist`,
  ],

  ['docs/web-security.md', `up to ${count('http/passwords', 'MOST_VERIFIED')} of them`],
  ['docs/web-security.md', `cost of ${count('config/web-yaml', 'HIGHEST_COST')} at most`],
  ['docs/web-security.md', `${count('http/probe-route', 'MOST_PROBES')} a minute`],

  ['docs/architecture.md', `a pause every ${count('http/metrics-route', 'TURN_MS')} ms`],
  ['docs/architecture.md', `without messages for ${seconds('kubernetes/limits', 'silenceMs')} s`],
  ['docs/architecture.md', `every ${minutes('kubernetes/limits', 'relistMs')} to 20 minutes`],
  ['docs/architecture.md', `one such list every ${seconds('state/judgement', 'FRESH_MS')} s`],
  [
    'docs/architecture.md',
    `no list arrives for ${seconds('state/judgement', 'LONGEST_DOUBT_MS')} s`,
  ],
  ['docs/architecture.md', `${1_000 / constant('probe/prober', 'AGAIN_EVERY_MS')} a second`],
  ['docs/architecture.md', `after ${count('probe/converging', 'FIRST_PAUSE_MS')} ms`],
  ['docs/architecture.md', `at most ${count('probe/converging', 'MOST_FOLLOWED')} pairs`],
  [
    'docs/architecture.md',
    `at most ${count('probe/single-servers', 'ROUNDS_PER_SECOND')} such rounds a second`,
  ],
  ['docs/architecture.md', `more than ${seconds('probe/prober', 'STALL_MS')} s late`],
  ['docs/architecture.md', `within ${count('probe/prober', 'CATCH_UP')} of its interval`],
  ['docs/architecture.md', `(every ${seconds('probe/prober', 'SILENT_SENSORS_MS')} s at least)`],
  ['docs/architecture.md', `unanswered for ${seconds('probe/budget', 'HANGS_MS')} s`],
  [
    'docs/architecture.md',
    `${word('probe/breaker', 'SILENT_QUERIES')} queries in a row get no reply`,
  ],
  [
    'docs/architecture.md',
    `${word('probe/breaker', 'SILENT_DOMAINS')} registrable domains in a row fail`,
  ],
  ['docs/architecture.md', `${count('probe/breaker', 'FIRST_ROUNDS')} rounds must have failed`],
  [
    'docs/architecture.md',
    `After ${word('probe/rounds', 'ROUNDS_WITHOUT_EDNS')} such rounds in a row`,
  ],
  [
    'docs/architecture.md',
    `no EDNS for ${words[constant('probe/rounds', 'WITHOUT_EDNS_MS') / 60_000]} minutes`,
  ],
  ['docs/architecture.md', `\`--max-outstanding\` (${option('maxOutstanding')})`],
  ['docs/architecture.md', `±${percent('probe/schedule', 'JITTER')} % of jitter`],
];

it.each(PHRASES)('%s has "%s"', (page, phrase) => {
  expect(read(page).replaceAll(/\s+/g, ' ')).toContain(phrase);
});

it('reads constants that are products, and refuses a name that does not exist', () => {
  expect(constant('commands/check/files', 'LARGEST')).toBe(64 * 1024 * 1024);
  expect(constant('kubernetes/limits', 'silenceMs')).toBe(150_000);
  expect(() => constant('http/live', 'NONE')).toThrow('Cannot find the constant NONE');
});
