import { describe, expect, it } from 'vitest';
import { judgePolicy } from '../../../src/diagnosis/policy.ts';
import { NO_POLICY, type Policy, type PolicyLists } from '../../../src/model/policy.ts';
import type { Round } from '../../../src/model/round.ts';
import { targetOf } from '../../../src/model/service.ts';
import { answered, hop } from '../../fixtures/rounds.ts';

function policy(
  lists: PolicyLists,
  namespaces: Readonly<Record<string, PolicyLists>> = {},
): Policy {
  return { ...lists, namespaces: new Map(Object.entries(namespaces)) };
}

const spec = (externalName: string, namespace = 'shop') => ({
  namespace,
  target: targetOf(externalName),
});

describe('suffixes', () => {
  const allowed = policy({ allowedSuffixes: ['example.com', 'svc.cluster.local', 'corp'] });

  it.each([
    ['example.com'],
    ['db.example.com'],
    ['a.b.c.example.com'],
    ['DB.Example.COM.'],
    ['redis.other.svc.cluster.local'],
    ['wiki.corp'],
    ['corp'],
  ])('allow %s', (externalName) => {
    expect(judgePolicy(allowed, spec(externalName), undefined)).toEqual({});
  });

  it.each([
    ['evilexample.com'],
    ['example.com.evil.example'],
    ['example.org'],
    ['com'],
    ['cluster.local'],
    ['192.0.2.1'],
    [''],
  ])('do not allow %s', (externalName) => {
    expect(judgePolicy(allowed, spec(externalName), undefined)).toEqual({
      target: `${externalName} is below none of the allowed suffixes`,
    });
  });

  it('allow everything where the root is one, and nothing where there is none', () => {
    const any = policy({ allowedSuffixes: ['example.com', ''] });
    expect(judgePolicy(any, spec('db.evil.example'), undefined)).toEqual({});
    const none = policy({ allowedSuffixes: [] });
    expect(judgePolicy(none, spec('db.example.com'), undefined)).toHaveProperty('target');
  });
});

describe('networks', () => {
  const judge = (lists: PolicyLists, round: Round | undefined, externalName = 'db.example.com') =>
    judgePolicy(policy(lists), spec(externalName), round).address;
  const inside = { allowedCidrs: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7/32'] };

  it.each<[string | undefined, Round]>([
    [undefined, answered(['10.1.2.3', '192.0.2.7'], ['2001:db8::1'])],
    ['11.0.0.1', answered(['10.1.2.3', '11.0.0.1'])],
    ['192.0.2.8', answered(['192.0.2.8'])],
    ['2001:db9::1', answered(['10.1.2.3'], ['2001:db8::1', '2001:db9::1'])],
    // The first in the order of text, however the answer rotates.
    ['192.0.2.10', answered(['192.0.2.9', '192.0.2.10'])],
    ['192.0.2.10', answered(['192.0.2.10', '192.0.2.9'])],
    // Whether pods get it or the target has it.
    ['11.0.0.1', { app: hop(['11.0.0.1']), target: hop('servfail') }],
    ['11.0.0.1', { app: hop(['10.0.0.1']), target: hop(['11.0.0.1']) }],
    // Wrapped ones are what is within.
    [undefined, answered('nodata', ['64:ff9b::a01:203', '::ffff:a01:203'])],
    ['64:ff9b::b00:1', answered('nodata', ['64:ff9b::b00:1'])],
    [undefined, answered('servfail', 'nxdomain')],
    [undefined, {}],
  ])('find %s', (expected, round) => {
    expect(judge(inside, round)).toBe(expected);
  });

  it('that are denied win over those that are allowed', () => {
    const lists = { allowedCidrs: ['10.0.0.0/8'], deniedCidrs: ['10.200.0.0/16'] };
    expect(judge(lists, answered(['10.1.2.3']))).toBeUndefined();
    expect(judge(lists, answered(['10.200.1.1']))).toBe('10.200.1.1');
  });

  it('that are denied do not forbid the rest', () => {
    const lists = { deniedCidrs: ['10.200.0.0/16'] };
    expect(judge(lists, answered(['11.0.0.1']))).toBeUndefined();
    expect(judge(lists, answered(['10.200.1.1']))).toBe('10.200.1.1');
  });

  it('judge an IP literal, whether or not DNS gives it to pods', () => {
    expect(judge(inside, answered('nxdomain'), '11.0.0.1')).toBe('11.0.0.1');
    expect(judge(inside, undefined, '10.0.0.1')).toBeUndefined();
  });
});

describe('lists of a namespace', () => {
  const both = policy(
    {
      allowedSuffixes: ['example.com'],
      allowedCidrs: ['10.0.0.0/8'],
      deniedCidrs: ['10.9.0.0/16'],
    },
    { payments: { allowedSuffixes: ['cards.example.net'] }, free: { deniedCidrs: [] } },
  );
  const round = answered(['10.9.1.1']);

  it('replace the global ones of the same name, and no others', () => {
    expect(judgePolicy(both, spec('db.example.com'), round)).toEqual({ address: '10.9.1.1' });
    expect(judgePolicy(both, spec('db.example.com', 'payments'), round)).toEqual({
      target: 'db.example.com is below none of the allowed suffixes',
      address: '10.9.1.1',
    });
    expect(
      judgePolicy(both, spec('a.cards.example.net', 'payments'), answered(['10.0.0.1'])),
    ).toEqual({});
    expect(judgePolicy(both, spec('db.example.com', 'free'), round)).toEqual({});
  });

  it('are those of their own policy', () => {
    const lists = { allowedSuffixes: ['example.com'] };
    const one = policy({ allowedCidrs: ['10.0.0.0/8'] }, { shop: lists });
    const other = policy({}, { shop: lists });
    expect(judgePolicy(one, spec('db.example.com'), answered(['11.0.0.1']))).toHaveProperty(
      'address',
    );
    expect(judgePolicy(other, spec('db.example.com'), answered(['11.0.0.1']))).toEqual({});
  });
});

it('has nothing against anybody where there is no policy, and makes nothing of it', () => {
  const decision = judgePolicy(NO_POLICY, spec('db.evil.example'), answered(['127.0.0.1']));
  expect(decision).toEqual({});
  expect(judgePolicy(NO_POLICY, spec('other.example'), undefined)).toBe(decision);
});
