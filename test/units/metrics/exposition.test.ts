import { describe, expect, it } from 'vitest';
import { ServiceExposition } from '../../../src/metrics/exposition.ts';
import { setHash } from '../../../src/metrics/hash.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import type { ServiceSpec } from '../../../src/model/service.ts';
import { newRecord } from '../../../src/state/reducers.ts';
import { AROUND } from '../../fixtures/around.ts';
import { parseSamples, select } from '../../fixtures/samples.ts';
import { specOf } from '../../fixtures/spec.ts';

function record(name: string, change: Partial<ServiceSpec> = {}): ReturnType<typeof newRecord> {
  return newRecord(specOf(name, { externalName: 'db.example.com', ...change }), false, AROUND, 0);
}

/** The chunks share their memory, so each is read before the next is asked for. */
function textFrom(chunks: Iterable<Buffer>): string {
  return Array.from(chunks, (chunk) => chunk.toString()).join('');
}

type Records = Map<string, ReturnType<typeof newRecord>>;

function textOf(records: Records): string {
  return textFrom(new ServiceExposition(records, SERVICE_FAMILIES).text());
}

describe('exposition', () => {
  it('has each family once, in one piece, with its HELP and TYPE', () => {
    const records: Records = new Map();
    for (let i = 0; i < 500; i++) records.set(`shop/s${i}`, record(`s${i}`));
    const lines = textOf(records).trimEnd().split('\n');
    const order = lines.map((line) =>
      /^(?:# (?:HELP|TYPE) )?([a-z_]+)/.exec(line)?.[1]?.replace(/_(bucket|sum|count)$/, ''),
    );
    const runs = order.filter((name, i) => name !== order[i - 1]);
    expect(runs).toEqual(SERVICE_FAMILIES.map(({ name }) => name));
    expect(lines.filter((line) => line.startsWith('externalname_service_info{'))).toHaveLength(500);
    expect(lines).toContain(
      'externalname_service_info{namespace="shop",service="s7",external_name="db.example.com",target_domain="example.com"} 1',
    );
    expect(lines).toContain('# TYPE externalname_probe_duration_seconds histogram');
  });

  it('escapes whatever a name may hold, and keeps the families apart when it is not ASCII', () => {
    const records: Records = new Map();
    records.set('a', record('a', { externalName: 'ü"\\\n}.example' }));
    records.set('b', record('b'));
    const lines = textOf(records).split('\n');
    expect(lines).toContain(
      'externalname_service_info{namespace="shop",service="a",external_name="ü\\"\\\\\\n}.example",target_domain="ü\\"\\\\\\n}.example"} 1',
    );
    expect(lines.filter((line) => line.startsWith('externalname_service_verdict{'))).toHaveLength(
      2,
    );
  });

  it.each([
    ['db.eu.example.co.uk', 'example.co.uk'],
    ['app.azurewebsites.net', 'azurewebsites.net'],
    ['db.corp', 'db.corp'],
    ['redis', 'redis'],
    ['redis.shop.svc.cluster.local', undefined],
    ['192.0.2.1', undefined],
  ])('names the domain of a target outside of the cluster: %s', (target, domain) => {
    const records: Records = new Map();
    records.set('shop/a', record('a', { target }));
    const [info] = select(parseSamples(textOf(records)), 'externalname_service_info');
    expect(info?.labels.target_domain).toBe(domain);
  });

  it('is a snapshot: what changes while it is sent shows on the next scrape', () => {
    const records: Records = new Map();
    records.set('shop/a', record('a'));
    const before = new ServiceExposition(records, SERVICE_FAMILIES).text();
    records.delete('shop/a');
    records.set('shop/b', record('b'));
    expect(textFrom(before)).toMatch(/service="a"/);
    expect(textOf(records)).not.toMatch(/service="a"/);
  });
});

describe('setHash', () => {
  it('does not depend on the order, and changes with the set', () => {
    expect(setHash(['192.0.2.1', '192.0.2.2'])).toBe(setHash(['192.0.2.2', '192.0.2.1']));
    expect(setHash(['192.0.2.1', '192.0.2.2'])).not.toBe(setHash(['192.0.2.1', '192.0.2.3']));
    expect(setHash([])).toBe(0);
  });

  it('stays what it is over versions: dashboards compare it across restarts', () => {
    expect(setHash(['192.0.2.1'])).toBe(99401176);
  });
});
