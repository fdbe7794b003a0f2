/**
 * Changes the wall clock of a program that is started with `--import` of this file, in all its
 * threads. `Date` is shifted by the milliseconds in the file `$WALL_CLOCK_OFFSET` at each moment.
 * Steady clocks and timers are unchanged, like after `settimeofday`.
 */
import { readFileSync } from 'node:fs';

const { WALL_CLOCK_OFFSET: file = '' } = process.env;
const RealDate = Date;

function offset(): number {
  return Number(readFileSync(file, 'utf8'));
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
});

function now(): number {
  return RealDate.now() + offset();
}
