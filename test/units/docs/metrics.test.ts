import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MonitorMetrics } from '../../../src/metrics/monitor.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import { RELIST_REASONS, RESTART_REASONS } from '../../../src/model/informer.ts';
import { findAsset } from '../../lab/cluster/assets.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
const sections = [
  ...page.matchAll(/^### (externalname_\w+)\n([\s\S]*?)(?=^### |$(?![\s\S]))/gm),
].map(([, name = '', text = '']) => ({ name, text }));
const queries = [...page.matchAll(/```promql\n([\s\S]*?)```/g)].map(([, query = '']) =>
  query.trim(),
);

const own = new MonitorMetrics(30_000, { version: '0', node_version: '0' });
const families = [...SERVICE_FAMILIES, ...own.families].map(({ name }) => name);

describe('docs/metrics.md', () => {
  it('has a section with a query of its own for each', () => {
    expect(sections.map(({ name }) => name).toSorted()).toEqual(families.toSorted());
    for (const { name, text } of sections)
      expect([name, text.includes('```promql') && text.includes(name)]).toEqual([name, true]);
  });

  it('asks only for families that there are', () => {
    const named = queries.flatMap((query) => query.match(/externalname_\w+/g) ?? []);
    const unknown = named.filter(
      (name) =>
        !families.includes(name.replace(/_(bucket|sum|count)$/, '')) && !families.includes(name),
    );
    expect(unknown).toEqual([]);
  });

  it.skipIf(!findAsset('promtool'))('has queries that Prometheus can parse', () => {
    const folder = mkdtempSync(join(tmpdir(), 'queries-'));
    const rules = queries.map(
      (query, i) =>
        `  - record: query:${i}\n    expr: |\n      ${query.replaceAll('\n', '\n      ')}\n`,
    );
    writeFileSync(join(folder, 'rules.yaml'), `groups:\n- name: docs\n  rules:\n${rules.join('')}`);
    try {
      expect(
        execFileSync(findAsset('promtool') ?? '', ['check', 'rules', join(folder, 'rules.yaml')], {
          encoding: 'utf8',
        }),
      ).toContain(`${queries.length} rules found`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('bounded words of the monitor', () => {
  it('start at zero, so that a first failure is an increase', async () => {
    const text = await own.text();
    for (const reason of Object.keys(RESTART_REASONS))
      expect(text).toContain(`externalname_informer_restarts_total{reason="${reason}"} 0`);
    for (const reason of Object.keys(RELIST_REASONS))
      expect(text).toContain(`externalname_informer_relists_total{reason="${reason}"} 0`);
  });
});
