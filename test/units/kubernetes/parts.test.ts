import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../src/kubernetes/backoff.ts';
import { refused, unreachable, waitOf, whyOf } from '../../../src/kubernetes/errors.ts';
import { linesOf } from '../../../src/kubernetes/lines.ts';
import { type ListPage, pagesOf } from '../../../src/kubernetes/list.ts';
import { nameOf } from '../../../src/kubernetes/resource.ts';

async function* of(...chunks: (string | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

describe('linesOf', () => {
  it('gives what each chunk completes, wherever chunks are cut', async () => {
    const eAcute = Buffer.from('é');
    const chunks = of(
      'a\nb',
      'c\n\nd',
      eAcute.subarray(0, 1),
      eAcute.subarray(1),
      '\n',
      'unfinished',
    );
    expect(await all(linesOf(chunks))).toEqual([['a'], ['bc'], ['dé']]);
  });

  it('refuses a line without end', async () => {
    const chunks = Array.from({ length: 9 }, () => 'x'.repeat(1024 * 1024));
    await expect(all(linesOf(of(...chunks)))).rejects.toThrow('Cannot read a line: over 8388608');
  });
});

describe('pagesOf', () => {
  it('asks for smaller pages where objects are large, down to one', async () => {
    const asked: string[] = [];
    const large = 'x'.repeat(1_500_000);
    const pages = pagesOf('list things', async ({ limit, continue: from = '0' }) => {
      asked.push(`${from}+${limit}`);
      const end = Math.min(Number(from) + Number(limit), 30);
      const items = Array.from({ length: end - Number(from) }, () => ({ large }));
      const next = end < 30 ? { continue: String(end) } : {};
      return of(JSON.stringify({ metadata: { resourceVersion: '7', ...next }, items }));
    });
    const sizes = (await all(pages)).map(({ items }: ListPage) => items.length);
    expect(asked.slice(0, 4)).toEqual(['0+500', '0+62', '0+7', '7+7']);
    expect(sizes).toEqual([7, 7, 7, 7, 2]);
  });

  it('gives up on an object that is larger than any', async () => {
    const huge = pagesOf('list things', async () => of(`"${'x'.repeat(17 * 1024 * 1024)}"`));
    await expect(all(huge)).rejects.toThrow('Cannot list things: no list');
  });

  it.each([['null'], ['[null]']])('takes items %s for none', async (items) => {
    const pages = pagesOf('list things', async () =>
      of(`{"metadata":{"resourceVersion":"7"},"items":${items}}`),
    );
    expect(await all(pages)).toEqual([{ version: '7', items: [], next: '' }]);
  });
});

describe('Backoff', () => {
  it('doubles its ceiling up to the highest, and starts anew', () => {
    const backoff = new Backoff(500, 3_000, () => 0.5);
    expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([250, 500, 1000, 1500, 1500]);
    backoff.reset();
    expect(backoff.next()).toBe(250);
    for (let i = 0; i < 2_000; i++) backoff.next();
    expect(backoff.next()).toBe(1500);
  });

  it('adds to what was asked for, which is heeded up to 5 minutes', () => {
    const backoff = new Backoff(500, 3_000, () => 0.5);
    expect(backoff.next(2_000)).toBe(2_250);
    expect(backoff.next(86_400_000)).toBe(300_500);
  });
});

describe('errors', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['3', 3_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:09 GMT', 9_000],
    ['Wed, 31 Dec 2025 23:59:59 GMT', 0],
    ['soon', 0],
    ['-5', 0],
    ['', 0],
  ])('read Retry-After %j', (text, ms) => {
    expect(waitOf(text, now)).toBe(ms);
  });

  it('take the wait from a Status too, as an ERROR event carries it', () => {
    const body = JSON.stringify({ message: 'busy', details: { retryAfterSeconds: 2 } });
    expect(refused('watch services', 429, body)).toMatchObject({
      reason: 'throttled',
      retryAfterMs: 2_000,
      message: 'Cannot watch services: the API server asks us to wait, got status 429: busy',
    });
  });

  it('say why, of several addresses too', () => {
    const several = new AggregateError([new Error('refused ::1'), new Error('refused 127.0.0.1')]);
    expect(whyOf(several)).toBe('refused ::1; refused 127.0.0.1');
    expect(whyOf('text')).toBe('text');
    expect(unreachable('list services', several)).toMatchObject({ reason: 'connection' });
    const late = Object.assign(new Error('late'), { code: 'ETIMEDOUT' });
    expect(unreachable('list services', late)).toMatchObject({ reason: 'timeout' });
  });
});

it('names a resource as RBAC does', () => {
  expect(nameOf({ path: '/api/v1/services' })).toBe('services');
  expect(nameOf({ path: '/apis/discovery.k8s.io/v1/endpointslices' })).toBe(
    'endpointslices.discovery.k8s.io',
  );
});
