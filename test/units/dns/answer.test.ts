import packet, { type Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../src/dns/answer.ts';
import { decodeReply, type Question } from '../../../src/dns/message.ts';

const ALIAS = 'db.shop.svc.cluster.local';
const a = (name: string, data: string, ttl = 30): Answer => ({ type: 'A', name, ttl, data });
const cname = (name: string, data: string, ttl = 30): Answer => ({
  type: 'CNAME',
  name,
  ttl,
  data,
});

function read(type: Question['type'], answers: Answer[], rcode = 0): ReturnType<typeof interpret> {
  const question = { name: ALIAS, type };
  const bytes = packet.encode({
    type: 'response',
    id: 1,
    flags: rcode,
    questions: [{ ...question, class: 'IN' }],
    answers,
  });
  return interpret(question, decodeReply(bytes));
}

describe('interpret', () => {
  it('keeps of a chain of long names a few thousand characters', () => {
    const name = (i: number): string => `n${i}.${`${'x'.repeat(60)}.`.repeat(3)}test`;
    const answers = Array.from({ length: 40 }, (_, i) => cname(i ? name(i) : ALIAS, name(i + 1)));
    const { chain } = read('A', answers);
    const kept = chain.reduce((sum, link) => sum + link.name.length, 0);
    expect(chain.length).toBeGreaterThan(16);
    expect(kept).toBeLessThan(4_096 + 255);
  });

  it('follows the CNAMEs in whatever order they come, and says who does not', () => {
    const answers = [
      a('c.test', '192.0.2.1', 7),
      cname('b.test', 'c.test'),
      cname(ALIAS, 'b.test', 60),
      a('c.test', '192.0.2.2'),
    ];
    expect(read('A', answers)).toEqual({
      outcome: 'ok',
      addresses: ['192.0.2.1', '192.0.2.2'],
      unreadBy: ['glibc'],
      chain: [
        { name: 'b.test', ttl: 60 },
        { name: 'c.test', ttl: 30 },
      ],
      ttl: 7,
    });
  });

  it('takes addresses of other names for what they are to those who look at no name', () => {
    expect(read('A', [cname(ALIAS, 'b.test'), a('evil.test', '192.0.2.66')])).toMatchObject({
      outcome: 'ok',
      addresses: ['192.0.2.66'],
      unreadBy: ['glibc'],
    });
  });

  it('names nobody where all read the same', () => {
    const answers = [cname(ALIAS, 'b.test'), cname('b.test', 'c.test'), a('c.test', '192.0.2.1')];
    expect(read('A', answers)).toEqual({
      outcome: 'ok',
      addresses: ['192.0.2.1'],
      chain: [
        { name: 'b.test', ttl: 30 },
        { name: 'c.test', ttl: 30 },
      ],
      ttl: 30,
    });
  });

  it('keeps the root as a target', () => {
    expect(read('A', [cname(ALIAS, '.')])).toMatchObject({
      outcome: 'bare_cname',
      chain: [{ name: '.' }],
    });
  });

  it('compares names without case', () => {
    expect(
      read('A', [cname(ALIAS.toUpperCase(), 'B.Test'), a('b.TEST', '192.0.2.1')]),
    ).toMatchObject({ outcome: 'ok', chain: [{ name: 'b.test' }] });
  });

  it('ends a loop of CNAMEs', () => {
    const { outcome, chain } = read('A', [cname(ALIAS, 'b.test'), cname('b.test', ALIAS)]);
    expect([outcome, chain.map(({ name }) => name)]).toEqual(['bare_cname', ['b.test', ALIAS]]);
  });

  it('keeps a huge chain and a huge set bounded', () => {
    const links = Array.from({ length: 200 }, (_, i) =>
      cname(i === 0 ? ALIAS : `n${i}.test`, `n${i + 1}.test`),
    );
    expect(read('A', links).chain).toHaveLength(32);
    const many = Array.from({ length: 400 }, (_, i) => a(ALIAS, `192.0.${i >> 8}.${i & 255}`));
    expect(read('A', many).addresses).toHaveLength(256);
  });

  it('takes only the first CNAME for a CNAME question', () => {
    expect(read('CNAME', [cname(ALIAS, 'b.test'), cname('b.test', 'c.test')])).toMatchObject({
      outcome: 'ok',
      chain: [{ name: 'b.test' }],
    });
  });

  it.each([
    ['nodata', 'A', [], 0],
    ['nodata', 'CNAME', [], 0],
    ['nodata', 'AAAA', [a(ALIAS, '192.0.2.1')], 0],
    ['nxdomain', 'A', [cname(ALIAS, 'gone.test')], 3],
    ['servfail', 'A', [], 2],
    ['refused', 'A', [], 5],
    ['formerr', 'A', [], 1],
    ['notimp', 'A', [], 4],
    ['other_rcode', 'A', [], 9],
  ] as const)('says %s', (outcome, type, answers, rcode) => {
    expect(read(type, [...answers], rcode).outcome).toBe(outcome);
  });
});
