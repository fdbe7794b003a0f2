import { env } from 'node:process';
import {
  lacksForClusters,
  lacksForImages,
  lacksForPages,
  lacksForPods,
  lacksForResolvers,
} from './lab/cluster/lacks.ts';

/**
 * Says what the end-to-end tests lack, and so which tests are left out.
 *
 * @throws with `E2E=required`, where leaving them out is a failure.
 */
export default function setup(): void {
  const lines = [
    ...lacksForClusters().map((lack) => `Leaving out test/e2e/**: ${lack}`),
    ...lacksForPods().map((lack) => `Leaving out end-to-end tests on DNS pods: ${lack}`),
    ...lacksForImages().map((lack) => `Leaving out the test of the image: ${lack}`),
    ...lacksForResolvers().map((lack) => `Leaving out the differential test: ${lack}`),
    ...lacksForPages().map((lack) => `Leaving out tests of pages in a browser: ${lack}`),
  ];
  if (lines.length === 0) return;
  if (env.E2E === 'required') {
    throw new Error(
      `Cannot run the end-to-end tests that E2E=required asks for:\n${lines.join('\n')}`,
    );
  }
  for (const line of lines) console.warn(line);
}
