import { env } from 'node:process';
import { missingAssets } from './cluster/assets.ts';

/**
 * Says which servers the end-to-end tests lack, and so which tests are left out.
 *
 * @throws with `E2E=required`, where leaving them out is a failure.
 */
export default function setup(): void {
  const lines = missingAssets().map(
    ({ name, location }) =>
      `Leaving out test/e2e/**: ${name} is not in ${location}; \`eval "$(.ci/provide)"\` provides it`,
  );
  if (lines.length === 0) return;
  if (env.E2E === 'required') {
    throw new Error(
      `Cannot run the end-to-end tests that E2E=required asks for:\n${lines.join('\n')}`,
    );
  }
  for (const line of lines) console.warn(line);
}
