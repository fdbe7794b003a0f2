import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BLAMES, type Blame, VERDICTS, type Verdict } from '../../../src/model/verdict.ts';
import { runbookLink } from '../../../src/views/pages/links.ts';

const ROOT = join(import.meta.dirname, '../../..');

const all = (Object.keys(VERDICTS) as Verdict[]).flatMap((verdict) =>
  (Object.keys(BLAMES) as Blame[]).map((blame) => [verdict, blame] as const),
);

test.each(all)('the runbook that a page names for %s, blame %s, is there', (verdict, blame) => {
  const link = runbookLink({ up: 0, verdict, blame }, { runbookUrl: 'https://runbooks.test' });
  expect(existsSync(join(ROOT, 'docs/runbooks', new URL(link ?? '').pathname))).toBe(true);
});
