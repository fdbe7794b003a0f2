// The last word of .ci/run: sums up vitest's JSON reports of a folder, and decides.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [failed, folder] = process.argv.slice(2);
const files = existsSync(folder) ? readdirSync(folder) : [];

const tests = files
  .flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).testResults)
  .flatMap(({ name, status, assertionResults }) =>
    // A file that cannot be loaded has no tests, and is a failure all the same.
    assertionResults.length === 0 && status === 'failed'
      ? [{ name, status }]
      : assertionResults.map((result) => ({ name, status: result.status })),
  );
const passed = tests.filter(({ status }) => status === 'passed').length;
const broken = tests.filter(({ status }) => status === 'failed').length;
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
const leftOut = skipped.filter(({ name }) => name.includes('/test/e2e/')).length;

if (passed + broken === 0) console.error('no test ran');
if (leftOut > 0) console.error(`${leftOut} end-to-end tests were left out`);
if (failed !== '0' || passed === 0 || broken > 0 || leftOut > 0) process.exitCode = 1;
console.log(`${passed} passed, ${broken} failed, ${skipped.length} skipped`);
