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

  it('posts nothing once it is closed', () => {
    const { mailbox, posted } = start();
    mailbox.send(1);
    mailbox.close();
    vi.advanceTimersByTime(1_000);
    expect(posted).toEqual([]);
  });
});
