import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Mailbox, openMail } from '../../../src/probe/mailbox.ts';

describe('Mailbox', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function start(): { mailbox: Mailbox<number>; posted: number[][] } {
    const posted: number[][] = [];
    return { mailbox: new Mailbox((text) => posted.push([...openMail<number>(text)])), posted };
  }

  it('posts what comes within a fifth of a second together, in its order', () => {
    const { mailbox, posted } = start();
    for (const n of [1, 2, 3]) mailbox.send(n);
    expect(posted).toEqual([]);
    vi.advanceTimersByTime(200);
    mailbox.send(4);
    vi.advanceTimersByTime(200);
    expect(posted).toEqual([[1, 2, 3], [4]]);
  });

  it('does not let many wait, nor posts anything twice', () => {
    const { mailbox, posted } = start();
    for (let n = 0; n < 70; n++) mailbox.send(n);
    expect(posted.map(({ length }) => length)).toEqual([32, 32]);
    vi.advanceTimersByTime(200);
    expect(posted.map(({ length }) => length)).toEqual([32, 32, 6]);
    expect(posted.flat()).toEqual(Array.from({ length: 70 }, (_, n) => n));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('keeps what has no haste until something else is sent, or there is much of it', () => {
    const { mailbox, posted } = start();
    mailbox.send(1, 'later');
    vi.advanceTimersByTime(10_000);
    expect(posted).toEqual([]);
    mailbox.send(2);
    mailbox.send(3, 'later');
    vi.advanceTimersByTime(200);
    expect(posted).toEqual([[1, 2, 3]]);
    for (let n = 4; n < 36; n++) mailbox.send(n, 'later');
    expect(posted.map(({ length }) => length)).toEqual([3, 32]);
    mailbox.send(36, 'later');
    mailbox.send(37, 'now');
    expect(posted.at(-1)).toEqual([36, 37]);
  });

  it('posts nothing once it is closed', () => {
    const { mailbox, posted } = start();
    mailbox.send(1);
    mailbox.close();
    vi.advanceTimersByTime(1_000);
    expect(posted).toEqual([]);
  });
});
