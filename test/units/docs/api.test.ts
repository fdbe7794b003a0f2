import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MOST_PROBES } from '../../../src/http/probe-route.ts';
import { PROBE_QUERY } from '../../../src/http/schemas.ts';
import { NOW_FAMILIES } from '../../../src/metrics/probe.ts';
import { FINDINGS_QUERY } from '../../../src/views/services/findings.ts';
import { MOST_LIMIT, SERVICES_QUERY } from '../../../src/views/services/list.ts';
import { SORTS } from '../../../src/views/services/row.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8');

it('docs/api.md has every parameter, sort and family, and no other family', () => {
  const queries = [SERVICES_QUERY, FINDINGS_QUERY, PROBE_QUERY];
  const names = queries.flatMap(({ properties }) => Object.keys(properties ?? {}));
  for (const name of [...names, ...Object.keys(SORTS)]) {
    expect([name, new RegExp(`\`${name}\`|[?&]${name}=`).test(page)]).toEqual([name, true]);
  }
  const families = [...page.matchAll(/^\| `(externalname_\w+)`/gm)].map(([, name]) => name);
  expect(families).toEqual(NOW_FAMILIES.map(({ name }) => name));
});

it('docs/api.md has the bounds that hold', () => {
  for (const text of [`1 to ${MOST_LIMIT}`, `**${MOST_PROBES} probes a minute**`]) {
    expect([text, page.includes(text)]).toEqual([text, true]);
  }
});
