import { expect, test } from 'vitest';
import { Internet } from '../../../src/demo/dns/internet.ts';

test('a chain that ends nowhere keeps its CNAMEs with NXDOMAIN, and loses them with SERVFAIL', () => {
  const internet = new Internet()
    .set('a.test', { cname: 'b.test', delayMs: 1 })
    .set('c.test', { cname: 'd.test', delayMs: 2 })
    .set('d.test', { rcode: 'SERVFAIL', delayMs: 3 });
  expect(internet.resolve('a.test', 'A', 0)).toMatchObject({
    rcode: 'NXDOMAIN',
    answers: [{ name: 'a.test', type: 'CNAME', data: 'b.test' }],
    authorities: [{ type: 'SOA', name: '' }],
    delayMs: 1,
  });
  expect(internet.resolve('c.test', 'A', 0)).toMatchObject({
    rcode: 'SERVFAIL',
    answers: [],
    delayMs: 5,
  });
});

test('a name without the asked type is NODATA with SOA; asked for CNAME, only the first of the chain', () => {
  const internet = new Internet()
    .set('x.test', { a: ['192.0.2.1'] })
    .set('y.test', { cname: 'x.test' });
  expect(internet.resolve('x.test', 'AAAA', 0)).toMatchObject({
    rcode: 'NOERROR',
    answers: [],
    authorities: [{ type: 'SOA' }],
  });
  expect(internet.resolve('y.test', 'CNAME', 0).answers).toHaveLength(1);
});

test('a loop is SERVFAIL', () => {
  const internet = new Internet()
    .set('a.test', { cname: 'b.test' })
    .set('b.test', { cname: 'a.test' });
  expect(internet.resolve('a.test', 'A', 0)).toMatchObject({ rcode: 'SERVFAIL', answers: [] });
});

test('a script may depend on type and time, and names are compared without case or final dot', () => {
  const internet = new Internet().set('Flip.test.', (type, now) =>
    type === 'AAAA' ? { rcode: 'REFUSED' } : { a: [now < 100 ? '192.0.2.1' : '192.0.2.2'] },
  );
  expect(internet.resolve('flip.TEST', 'A', 0).answers).toMatchObject([{ data: '192.0.2.1' }]);
  expect(internet.resolve('flip.test', 'A', 100).answers).toMatchObject([{ data: '192.0.2.2' }]);
  expect(internet.resolve('flip.test', 'AAAA', 0).rcode).toBe('REFUSED');
  internet.delete('flip.test');
  expect(internet.resolve('flip.test', 'A', 0).rcode).toBe('NXDOMAIN');
});

test('a wildcard answers for all names below it, but for those that are there', () => {
  const internet = new Internet()
    .set('*.corp.test', { a: ['192.0.2.9'] })
    .set('www.corp.test', { a: ['192.0.2.1'] });
  const addresses = (name: string) =>
    internet.resolve(name, 'A', 0).answers.map(({ data }) => data);
  expect(addresses('a.b.corp.test')).toEqual(['192.0.2.9']);
  expect(addresses('www.corp.test')).toEqual(['192.0.2.1']);
  expect(internet.resolve('corp.test', 'A', 0).rcode).toBe('NXDOMAIN');
  expect(internet.resolve('other.test', 'A', 0).rcode).toBe('NXDOMAIN');
});

test('a name of a signed zone has a signature with each answer', () => {
  const internet = new Internet().set('a.b.com', { a: ['192.0.2.1'], signedUntil: 86_400_000 });
  expect(internet.resolve('a.b.com', 'A', 0).answers).toMatchObject([
    { type: 'A' },
    { type: 'RRSIG', data: { covers: 'A', zone: 'b.com', endsAt: 86_400_000 } },
  ]);
  expect(internet.resolve('a.b.com', 'AAAA', 0).answers).toEqual([]);
});
