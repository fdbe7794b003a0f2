import { describe, expect, it } from 'vitest';
import type { AddressHop } from '../../../src/model/round.ts';
import { endOf, forwardedTo, newPast, type Watched } from '../../../src/probe/watched.ts';
import { result } from '../../fixtures/rounds.ts';
import { specOf } from '../../fixtures/spec.ts';

const ZONE = 'cluster.local';

function watched(externalName: string, leadsTo?: string): Watched {
  const past = { ...newPast(), ...(leadsTo === undefined ? {} : { leadsTo }) };
  const pace = { intervalMs: 1_000, phase: 0 };
  return { spec: specOf('db', { externalName }), pace, rounds: 0, past };
}

describe('forwardedTo', () => {
  const to = (externalName: string, leadsTo?: string): string | undefined =>
    forwardedTo(watched(externalName, leadsTo), ZONE);

  it('is the registrable domain of what lies outside', () => {
    expect(to('a.db.example.com')).toBe('example.com');
    expect(to('a.db.example.co.uk')).toBe('example.co.uk');
    // A private suffix: each customer has a domain.
    expect(to('shop.github.io')).toBe('shop.github.io');
  });

  it('is nothing for an address', () => {
    expect(to('192.0.2.1')).toBeUndefined();
    expect(to('2001:db8::1')).toBeUndefined();
  });

  it('is a name in the zone itself, until it is known to end there', () => {
    const inner = 'db.other.svc.cluster.local';
    expect(to(inner)).toBe(inner);
    expect(to(inner, inner)).toBeUndefined();
    expect(to(inner, 'pod.other.svc.cluster.local')).toBeUndefined();
  });

  it('is where the chain of an alias ends', () => {
    expect(to('alias.shop.svc.cluster.local', 'db.example.com')).toBe('example.com');
    expect(to('www.example.com', 'edge.cdn.example.net')).toBe('example.net');
    expect(to('www.example.com', 'db.other.svc.cluster.local')).toBeUndefined();
  });
});

describe('endOf', () => {
  const end = (app: AddressHop, target?: AddressHop): string | undefined =>
    endOf(
      specOf('db', { externalName: 'www.example.com' }),
      { app, ...(target ? { target } : {}) },
      'cluster.local',
    );

  it('is the last name of the chain, or the target', () => {
    expect(end({ A: result('ok', { chain: ['www.example.com', 'cdn.example.net'] }) })).toBe(
      'cdn.example.net',
    );
    expect(end({}, { A: result('ok') })).toBe('www.example.com');
    expect(end({}, { A: result('nodata', { chain: ['cdn.example.net'] }) })).toBe(
      'cdn.example.net',
    );
  });

  it('is unknown without an answer', () => {
    expect(end({ A: result('timeout') }, { A: result('servfail') })).toBeUndefined();
    expect(end({ A: result('bare_cname', { chain: ['www.example.com'] }) })).toBeUndefined();
  });

  it('is not what cluster DNS says of an alias that it does not serve', () => {
    expect(end({ A: result('nxdomain') })).toBeUndefined();
    expect(
      end({ A: result('nxdomain') }, { A: result('ok', { chain: ['cdn.example.net'] }) }),
    ).toBe('cdn.example.net');
  });
});
