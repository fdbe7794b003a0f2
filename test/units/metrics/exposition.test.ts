import { describe, expect, it } from 'vitest';
import { ServiceTexts } from '../../../src/metrics/exposition.ts';
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

function textOf(texts: ServiceTexts): string {
  return textFrom(texts.exposition());
}

describe('exposition', () => {
  it('has each family once, in one piece, with its HELP and TYPE', () => {
    const texts = new ServiceTexts(SERVICE_FAMILIES);
    for (let i = 0; i < 500; i++) texts.update(`shop/s${i}`, record(`s${i}`));
    const lines = textOf(texts).trimEnd().split('\n');
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
    const texts = new ServiceTexts(SERVICE_FAMILIES);
    texts.update('a', record('a', { externalName: 'ü"\\\n}.example' }));
    texts.update('b', record('b'));
    const lines = textOf(texts).split('\n');
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
    const texts = new ServiceTexts(SERVICE_FAMILIES);
    texts.update('shop/a', record('a', { target }));
    const [info] = select(parseSamples(textOf(texts)), 'externalname_service_info');
    expect(info?.labels.target_domain).toBe(domain);
  });

  it('is a snapshot: what changes while it is sent shows on the next scrape', () => {
    const texts = new ServiceTexts(SERVICE_FAMILIES);
    texts.update('shop/a', record('a'));
    const before = texts.exposition();
    texts.update('shop/a', undefined);
    texts.update('shop/b', record('b'));
    expect(textFrom(before)).toMatch(/service="a"/);
    expect(textOf(texts)).not.toMatch(/service="a"/);
  });
});

describe('the memory of a text', () => {
  const named = (externalName: string) => record('a', { externalName });
  /** All chunks of an exposition that has been sent. */
  const sent = (texts: ServiceTexts): string => {
    using exposition = texts.exposition();
    return textFrom(exposition);
  };

  it('is not written over while a scrape may still read it', () => {
    const texts = new ServiceTexts(SERVICE_FAMILIES);
    texts.update('shop/a', named('old.example.com'));
    const before = texts.exposition();
    texts.update('shop/a', named('new.example.com'));
    expect(sent(texts)).toContain('new.example.com');
    texts.update('shop/a', named('last.example.com'));
    expect(textFrom(before)).toContain('old.example.com');
    before[Symbol.dispose]();
    before[Symbol.dispose]();
    expect(sent(texts)).toContain('last.example.com');
  });

  it('holds a text that has become shorter, or longer than there is room for', () => {
    const texts = new ServiceTexts(SERVICE_FAMILIES);
    for (const name of ['b.example.com', 'a.example', `${'c'.repeat(200)}.example`]) {
      texts.update('shop/a', named(name));
      const fresh = new ServiceTexts(SERVICE_FAMILIES);
      fresh.update('shop/a', named(name));
      expect(sent(texts)).toBe(sent(fresh));
    }
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
