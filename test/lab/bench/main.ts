/**
 * `npm run bench`: compares the monitor with other programs and with its requirements, as ratios
 * and errors measured in one run. See docs/performance.md.
 */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { Lab } from './lab.ts';
import { dnsLabel } from './parts/dns.ts';
import { build, imageFlags, imageVariables } from './parts/monitor.ts';
import type { Row } from './row.ts';
import { cpu } from './rows/cpu.ts';
import { flood } from './rows/flood.ts';
import { idle } from './rows/idle.ts';
import { latency } from './rows/latency.ts';
import { memory } from './rows/memory.ts';
import { page } from './rows/page.ts';
import { rss } from './rows/rss.ts';
import { scale } from './rows/scale.ts';
import { scrape } from './rows/scrape.ts';
import { silence } from './rows/silence.ts';
import { slope } from './rows/slope.ts';
import { start } from './rows/start.ts';
import { truth } from './rows/truth.ts';
import { asJson, asMarkdown, asText, type Result } from './table.ts';

const ROWS: readonly Row[] = [
  cpu,
  truth,
  scrape,
  rss,
  start,
  idle,
  latency,
  silence,
  slope,
  page,
  flood,
  memory,
  scale,
];

const HELP = `npm run bench -- [options]
  --full          the long rows, too: about two hours
  --only=<rows>   of ${ROWS.map(({ name }) => name).join(', ')}; several with commas
  --json          for programs
  --markdown      for docs/performance.md
  --no-build      measure dist/ as it is
`;

const { values } = parseArgs({
  allowNegative: true,
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    build: { type: 'boolean', default: true },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(HELP);
} else {
  process.exitCode = await bench(rowsOf(values.only));
}

function rowsOf(only: string | undefined): readonly Row[] {
  if (only === undefined) return ROWS.filter(({ isLong }) => values.full || !isLong);
  const names = only.split(',');
  for (const name of names) {
    if (ROWS.some((row) => row.name === name)) continue;
    process.stderr.write(`Cannot run a row: there is none of that name, got ${name}\n${HELP}`);
    process.exit(2);
  }
  return ROWS.filter(({ name }) => names.includes(name));
}

/** Returns the exit code. A missed limit is a result; a row that cannot run is a failure. */
async function bench(rows: readonly Row[]): Promise<number> {
  const start = performance.now();
  const note = (text: string): void => {
    const seconds = ((performance.now() - start) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  load ${loadavg()[0]?.toFixed(1)}  ${text}\n`);
  };
  const conditions = conditionsOf();
  if (values.build) {
    note('building');
    build();
  }
  const lab = new Lab(values.full, note);
  const results: Result[] = [];
  for (const row of rows) results.push(await resultOf(row, lab));
  note('done');
  if (values.json) process.stdout.write(asJson(conditions, results));
  else {
    const table = values.markdown ? asMarkdown(results) : asText(results);
    process.stdout.write(`${conditions.map((line) => `- ${line}\n`).join('')}\n${table}`);
  }
  return results.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

async function resultOf(row: Row, lab: Lab): Promise<Result> {
  try {
    return { row, readings: await row.run(lab) };
  } catch (error) {
    return { row, readings: [], failure: error instanceof Error ? error.message : String(error) };
  }
}

function conditionsOf(): string[] {
  const [load = 0] = loadavg();
  return [
    `${values.full ? 'full' : 'default'} run of ${new Date().toISOString().slice(0, 16)}Z`,
    `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ` +
      `load average ${load.toFixed(1)} at the start`,
    `Node.js ${process.version}, the monitor with ${[...imageVariables(), ...imageFlags()].join(' ') || 'no flags'}`,
    `DNS server: ${dnsLabel()}`,
  ];
}
