/** promtool, from Prometheus: the one judge of whether a rule or an expression is right. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const missing = spawnSync('promtool', ['--version']).error !== undefined;

/** For `describe.skipIf`: never true in CI, where a missing promtool must not pass for a green run. */
export const withoutPromtool = missing && process.env.E2E !== 'required';

/** Appended to a suite's name, so that the list of skipped tests says why. */
export const leftOut = withoutPromtool ? ' (left out: promtool is not on PATH)' : '';

/** @returns what promtool printed, for a test to show where it is not what was expected */
export function promtool(...args: string[]): { status: number; output: string } {
  const run = spawnSync('promtool', args, { encoding: 'utf8' });
  if (run.error) throw new Error('Cannot run promtool: is it on PATH?', { cause: run.error });
  return { status: run.status ?? -1, output: run.stdout + run.stderr };
}

/** Whether Prometheus can parse every expression: each as a recording rule of its own. */
export function checkExpressions(expressions: readonly string[]): ReturnType<typeof promtool> {
  const rules = expressions.map((expr, index) => ({ record: `expression:${index}`, expr }));
  const directory = mkdtempSync(join(tmpdir(), 'externalname-monitor-rules-'));
  try {
    const file = join(directory, 'rules.yaml');
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'expressions', rules }] }));
    return promtool('check', 'rules', file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
