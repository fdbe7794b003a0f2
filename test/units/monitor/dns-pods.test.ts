import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { DnsPods } from '../../../src/kubernetes/endpoint-slices.ts';
import type { Family } from '../../../src/model/round.ts';
import { DnsPodSink } from '../../../src/monitor/dns-pods.ts';

function hold(families: readonly Family[] = ['ipv4', 'ipv6']) {
  const told: string[][] = [];
  const lines: { msg: string }[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  const sink = new DnsPodSink({
    service: { namespace: 'kube-system', name: 'kube-dns' },
    families,
    logger,
    onPods: (servers) => told.push(servers.map(({ label }) => label)),
  });
  return { sink, told, lines };
}

function slice(name: string, family: Family, pods: Record<string, string>): DnsPods {
  return {
    key: `kube-system/${name}`,
    uid: name,
    family,
    pods: Object.entries(pods).map(([pod, address]) => ({ name: pod, address, port: 53 })),
  };
}

describe('DnsPodSink', () => {
  it('tells each pod once, by the first family that can be reached, and only what changes', () => {
    const { sink, told } = hold();
    sink.upsert([
      slice('v6', 'ipv6', { a: 'fd00::1', c: 'fd00::3' }),
      slice('v4', 'ipv4', { b: '10.0.0.2', a: '10.0.0.1' }),
      slice('more', 'ipv4', { a: '10.0.0.1' }),
    ]);
    expect(told).toEqual([['10.0.0.1:53', '10.0.0.2:53', '[fd00::3]:53']]);
    sink.upsert([slice('more', 'ipv4', { b: '10.0.0.2' })]);
    expect(told).toHaveLength(1);
    sink.gone(['kube-system/v4', 'kube-system/more']);
    expect(told.at(-1)).toEqual(['[fd00::1]:53', '[fd00::3]:53']);
  });

  it('leaves out a family that cannot be reached', () => {
    const { sink, told } = hold(['ipv4']);
    sink.upsert([slice('v6', 'ipv6', { a: 'fd00::1' }), slice('v4', 'ipv4', { b: '10.0.0.2' })]);
    expect(told.at(-1)).toEqual(['10.0.0.2:53']);
  });

  it('says once that there are none', () => {
    const { sink, told, lines } = hold();
    for (let i = 0; i < 3; i++) sink.status({ synced: true, connected: true });
    expect(lines.map(({ msg }) => msg)).toEqual([
      'the DNS Service has no EndpointSlices: no single pods to query',
    ]);
    expect(told).toEqual([]);
  });
});
