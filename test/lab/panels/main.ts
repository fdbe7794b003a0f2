/**
 * `npm run panels`: runs every panel's query of every dashboard against a real Prometheus that
 * scrapes the real demo for three minutes (`-- --minutes=1` for less). Exits with status 1 if a
 * query fails or returns no data.
 */
import { parseArgs } from 'node:util';
import { checkOnDemo, complaints } from './demo.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '3' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 60)) {
  throw new RangeError(
    `Cannot check: --minutes must be over 0 and at most 60, got ${values.minutes}`,
  );
}

console.log(`The demo runs for ${minutes} min …`);
const ms = minutes * 60_000;
const checked = await checkOnDemo({ atLeastMs: ms, atMostMs: ms });
for (const { board, query, series, wrong } of checked) {
  const result = wrong === undefined ? `${series} series` : 'FAILED';
  console.log(`${board}: "${query.panel}" (${query.refId}): ${result}`);
}
const wrong = complaints(checked);
for (const line of wrong) console.error(line);
console.log(`${checked.length} queries, ${wrong.length} failed`);
if (wrong.length > 0) process.exitCode = 1;
