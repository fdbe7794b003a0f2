import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { NOW_FAMILIES, type ProbeNow, probeMetrics } from '../../../src/metrics/probe.ts';
import { SERVICE_FAMILIES } from '../../../src/metrics/service-families.ts';
import type { Probed } from '../../../src/model/probed.ts';
import type { Round } from '../../../src/model/round.ts';
import { probeTrace } from '../../../src/views/probe-trace.ts';
import { context } from '../../fixtures/context.ts';
import { FAILING, HEALTHY, result } from '../../fixtures/rounds.ts';
import { parseSamples, select } from '../../fixtures/samples.ts';
import { findAsset } from '../../lab/cluster/assets.ts';

const server = '10.96.0.10:53';

function probeOf(round: Round, change: Partial<Probed> = {}): ProbeNow {
  return {
    probed: {
      key: 'shop/db',
      uid: 'db',
      target: 'db.example.com',
      converging: false,
      round,
      steps: [
        {
          name: 'db.shop.svc.cluster.local',
          type: 'CNAME',
          edns: true,
          startedMs: 0.1,
          exchange: { server, transport: 'udp', outcome: 'ok', seconds: 0.0012 },
          reply: {
            bytes: 90,
            flags: ['qr', 'aa'],
            rcode: 'NOERROR',
            records: [
              {
                section: 'answer',
                name: 'db.shop.svc.cluster.local.',
                ttl: 30,
                type: 'CNAME',
                data: 'db.example.com.',
              },
            ],
            recordCount: 3,
          },
        },
        {
          name: 'db.example.com',
          type: 'A',
          edns: true,
          startedMs: 2,
          exchange: { server, transport: 'udp', outcome: 'timeout' },
        },
      ],
      startedAt: Date.UTC(2026, 10, 24),
      seconds: 0.25,
      ...change,
    },
    ruling: {
      diagnosis: { up: 0, verdict: 'target_failing', blame: 'upstream_dns' },
      since: 0,
      context: context({
        upstreamFailing: true,
        published: { up: 1, verdict: 'healthy', blame: 'none' },
      }),
    },
  };
}

describe('the metrics of a probe on demand', () => {
  const text = probeMetrics(probeOf(FAILING));
  const samples = parseSamples(text);

  it('say how it went, without a number where there is none', () => {
    expect(select(samples, 'externalname_now_up')[0]).toMatchObject({
      value: 0,
      labels: { namespace: 'shop', service: 'db' },
    });
    expect(select(samples, 'externalname_now_verdict')[0]?.labels).toMatchObject({
      verdict: 'target_failing',
      blame: 'upstream_dns',
    });
    expect(
      select(samples, 'externalname_now_outcome', { hop: 'target', outcome: 'servfail' }),
    ).toHaveLength(2);
    // An error says nothing of how many there are.
    expect(select(samples, 'externalname_now_target_addresses')).toEqual([]);
    const healthy = parseSamples(probeMetrics(probeOf(HEALTHY)));
    const counts = select(healthy, 'externalname_now_target_addresses');
    expect(counts.map(({ value }) => value)).toEqual([1, 0]);
    expect(probeMetrics(probeOf({}))).not.toContain('externalname_now_outcome');
  });

  it('have names of their own, which /metrics has not', () => {
    const others = new Set(SERVICE_FAMILIES.map(({ name }) => name));
    for (const { name } of NOW_FAMILIES) expect([name, others.has(name)]).toEqual([name, false]);
  });

  it.runIf(findAsset('promtool'))('are fine with promtool', () => {
    const promtool = findAsset('promtool') ?? '';
    const options = { input: text, encoding: 'utf8' } as const;
    expect(execFileSync(promtool, ['check', 'metrics'], options)).toBe('');
  });
});

describe('the trace of a probe on demand', () => {
  it('tells of every message, every hop, and how the verdict was reached', () => {
    const text = probeTrace(probeOf(FAILING), 'db.shop.svc.cluster.local');
    for (const line of [
      '  1  +0.1 ms  10.96.0.10:53 udp  CNAME db.shop.svc.cluster.local.  (rd, EDNS)',
      '     NOERROR in 1.2 ms, 90 bytes, flags qr aa  →  ok',
      '     answer      db.shop.svc.cluster.local.  30  CNAME  db.example.com.',
      '     and 2 records more',
      '     no reply: no valid reply within the timeout, after all attempts  →  timeout',
      '  up is 0: the app hop got no address of a family that pods can use (ipv4 or ipv6)',
      '  also: most other provider domains began to fail with it',
      'The regular rounds say otherwise: healthy (none) since 1970-01-01T00:00:00.000Z.',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toMatch(/^ {2}target {2}A {6}servfail {2}\(SERVFAIL/m);
    expect(text).toMatch(/^ {2}verdict {2}target_failing: /m);
  });

  it('says which zone denies a name, and why a server failed', () => {
    const negative = { zone: 'com', ttl: 30, minimum: 900 };
    const target = {
      A: result('nxdomain', { negative }),
      AAAA: result('servfail', { extendedErrors: [{ code: 9, text: 'x' }] }),
    };
    const text = probeTrace(probeOf({ ...FAILING, target }), 'db.shop.svc.cluster.local');
    expect(text).toMatch(/^ {2}target {2}A .*; SOA of com, kept for 30 s here, 900 s at most\)$/m);
    expect(text).toMatch(/^ {2}target {2}AAAA .*; EDE 9, DNSSEC: no DNSKEY\)$/m);
  });

  it('tells a reply without a time from no reply', () => {
    const exchange = { server, transport: 'udp', outcome: 'servfail' } as const;
    const step = { name: 'db.example.com', type: 'A', edns: true, startedMs: 2, exchange } as const;
    const reply = { bytes: 40, flags: ['qr'], rcode: 'SERVFAIL', records: [], recordCount: 0 };
    const text = probeTrace(probeOf(FAILING, { steps: [{ ...step, reply }, step] }), 'alias');
    expect(text).toContain('     SERVFAIL, 40 bytes, flags qr  →  servfail\n');
    expect(text).toContain('     a reply  →  servfail\n');
  });

  it('lets nobody steer a terminal, or turn text around', () => {
    const target = 'a\u001b[31m\u202eb\nVerdict\u2028c\u200b';
    const text = probeTrace(probeOf({}, { target }), 'alias');
    expect(text).toContain('a\\u{1b}[31m\\u{202e}b\\u{a}Verdict\\u{2028}c\\u{200b}');
    expect(text).toMatch(/^[\n -~→]*$/);
  });
});
