import { hashSync } from 'bcryptjs';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsIn } from '../../../src/http/authentication.ts';
import {
  MOST_WAITING,
  nobodysHash,
  Passwords,
  TooManyChecks,
} from '../../../src/http/passwords.ts';
import { WebSecurity } from '../../../src/http/web-security.ts';
import { OPEN_WEB } from '../../../src/model/web.ts';
import { serverOf } from '../../fixtures/http-server.ts';

const ALICE = hashSync('s3cret: ü', 5);
const users = new Map([['alice', ALICE]]);

let server: FastifyInstance;
let security: WebSecurity;

beforeEach(() => {
  const headers = { 'X-Frame-Options': 'deny' };
  security = new WebSecurity({ headers, users });
  server = serverOf({ security });
});

afterEach(() => server.close());

const basic = (name: string, password: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

async function statusOf(url: string, headers: Record<string, string> = {}): Promise<number> {
  return (await server.inject({ url, headers })).statusCode;
}

describe('users', () => {
  it('get in with their password, and nobody else', async () => {
    const right = basic('alice', 's3cret: ü');
    expect(await statusOf('/api/v1/summary', right)).toBe(200);
    // Now out of what is known to be right.
    expect(await statusOf('/api/v1/summary', right)).toBe(200);
    expect(await statusOf('/api/v1/summary', basic('alice', 's3cret'))).toBe(401);
    expect(await statusOf('/api/v1/summary', basic('bob', 's3cret: ü'))).toBe(401);
    expect(await statusOf('/api/v1/summary', basic('', ''))).toBe(401);
    expect(await statusOf('/api/v1/summary', { authorization: `Bearer ${ALICE}` })).toBe(401);
  });

  it.each([
    '/metrics',
    '/probe?namespace=a&service=b',
    '/api/v1/openapi.json',
    '/',
    '/livez/',
    '/%6Civez2',
    '//livez',
  ])('%s takes one', async (url) => {
    const reply = await server.inject(url);
    expect(reply.statusCode).toBe(401);
    expect(reply.headers['www-authenticate']).toMatch(/^Basic realm=/);
    // People get a page, programs problem details.
    const type = url === '/' ? 'text/html; charset=utf-8' : 'application/problem+json';
    expect(reply.headers['content-type']).toBe(type);
  });

  it.each(['/livez', '/readyz', '/livez?x=1'])('%s does not', async (url) => {
    expect(await statusOf(url)).toBe(200);
    expect(await statusOf(url, basic('alice', 'wrong'))).toBe(200);
  });

  it('are those of the latest file, also where a password was known to be right', async () => {
    const right = basic('alice', 's3cret: ü');
    expect(await statusOf('/api/v1/summary', right)).toBe(200);
    security.use({ ...OPEN_WEB, users: new Map([['alice', hashSync('another', 4)]]) });
    expect(await statusOf('/api/v1/summary', right)).toBe(401);
    expect(await statusOf('/api/v1/summary', basic('alice', 'another'))).toBe(200);
    security.use({ ...OPEN_WEB, users: new Map([['carol', ALICE]]) });
    expect(await statusOf('/api/v1/summary', right)).toBe(401);
    security.use(OPEN_WEB);
    expect(await statusOf('/api/v1/summary')).toBe(200);
  });

  it('and everybody get the headers that are set, with errors too', async () => {
    for (const url of ['/livez', '/metrics', '/nothing']) {
      expect((await server.inject(url)).headers['x-frame-options']).toBe('deny');
    }
  });
});

describe('a check of a password', () => {
  const dear = new Map([['alice', hashSync('right', 5)]]);
  let passwords: Passwords;
  beforeEach(() => {
    passwords = new Passwords();
  });
  afterEach(() => passwords.stop());

  it('lets this thread go on', async () => {
    let turns = 0;
    const turn = setInterval(() => turns++, 1);
    const slow = new Map([['alice', `$2b$11$${'.'.repeat(53)}`]]);
    expect(await passwords.isRight(slow, 'alice', 'x')).toBe(false);
    clearInterval(turn);
    // None, if the check were made here.
    expect(turns).toBeGreaterThan(1);
  });

  it('is made once where the same is asked at once, so that many of a page’s requests are one', async () => {
    const asked = Array.from({ length: 50 }, () => passwords.isRight(dear, 'alice', 'right'));
    expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
  });

  it('is refused where too many are under way, and those are still answered', async () => {
    const guesses = Array.from({ length: MOST_WAITING + 5 }, (_, i) =>
      passwords.isRight(dear, i % 2 === 0 ? 'alice' : `user${i}`, `guess${i}`),
    );
    const results = await Promise.allSettled(guesses);
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused.map((result) => (result as PromiseRejectedResult).reason)).toEqual(
      Array(5).fill(expect.any(TooManyChecks)),
    );
    expect(await passwords.isRight(dear, 'alice', 'right')).toBe(true);
  });

  it('of a known password takes no place among them', async () => {
    expect(await passwords.isRight(dear, 'alice', 'right')).toBe(true);
    const guesses = Array.from({ length: MOST_WAITING }, (_, i) =>
      passwords.isRight(dear, 'alice', `guess${i}`),
    );
    expect(await passwords.isRight(dear, 'alice', 'right')).toBe(true);
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([false]));
  });

  it('of an unknown user is made, too, at the cost of the dearest', async () => {
    const both = new Map([...dear, ['bob', `$2b$04$${'.'.repeat(53)}`]]);
    expect(nobodysHash(both)).toMatch(/^\$2b\$05\$[.]{53}$/);
    // It takes a place as any other.
    const asked = Array.from({ length: MOST_WAITING }, (_, i) =>
      passwords.isRight(both, `nobody${i}`, 'x'),
    );
    await expect(passwords.isRight(both, 'nobody', 'x')).rejects.toThrow(TooManyChecks);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([false]));
  });
});

it.each([
  ['Basic YTpi', { name: 'a', password: 'b' }],
  ['basic   YTpiOmM=', { name: 'a', password: 'b:c' }],
  ['Basic Og==', { name: '', password: '' }],
  ['Basic YWI=', undefined],
  ['Basic', undefined],
  ['Basic !!!!', undefined],
  ['Bearer YTpi', undefined],
  [undefined, undefined],
])('the header %j holds %j', (header, expected) => {
  expect(credentialsIn(header)).toEqual(expected);
});
