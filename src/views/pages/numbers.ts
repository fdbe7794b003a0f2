/** Formats numbers and times for people. */
import { isTrouble } from '../../model/verdict.ts';
import type { Row } from '../services/row.ts';
import { type Html, html } from './html.ts';

/**
 * Created when a page first needs it, because that takes 10 to 25 ms of CPU, which the start should
 * not spend.
 */
let grouped: Intl.NumberFormat | undefined;

/** `10,000`. */
export function counted(count: number): string {
  grouped ??= new Intl.NumberFormat('en-US');
  return grouped.format(count);
}

/** `1 Service`, `412 Services`. */
export function several(count: number, one: string): string {
  return `${counted(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** Milliseconds without a unit, with two significant digits, or more before the point. */
export function millis(seconds: number): string {
  const ms = seconds * 1000;
  return ms >= 10 ? counted(Math.round(ms)) : String(Number(ms.toPrecision(2)));
}

const UNITS = [
  { name: 'd', ms: 86_400_000, from: 2 },
  { name: 'h', ms: 3_600_000, from: 2 },
  { name: 'min', ms: 60_000, from: 2 },
] as const;

/** `12 s`, `90 s`, `5 min`, `3 h`, `2 d`: in the largest unit with a value of at least two. */
export function spanText(ms: number): string {
  const least = Math.max(ms, 0);
  const unit = UNITS.find((one) => least >= one.ms * one.from);
  if (unit) return `${Math.floor(least / unit.ms)} ${unit.name}`;
  return `${Math.floor(least / 1000)} s`;
}

/** The age of a moment, with the moment itself as machine-readable time and as a tooltip. */
export function ago(at: Date, now: number, suffix = ''): Html {
  return html`<time datetime="${at.toISOString()}" title="${momentText(at)}">${spanText(now - at.getTime())}${suffix}</time>`;
}

/** The duration of a Service's state; `over` if it was bad before the monitor's first query. */
export function lasting(
  { verdict, since, badSince }: Pick<Row, 'verdict' | 'since' | 'badSince'>,
  now: number,
): Html {
  if (badSince) return ago(badSince, now);
  return isTrouble(verdict) ? html`over ${ago(since, now)}` : ago(since, now);
}

/** The moment itself, and its age. */
export function moment(at: Date, now: number): Html {
  return html`<time datetime="${at.toISOString()}">${momentText(at)}</time> <span class="muted">(${spanText(now - at.getTime())} ago)</span>`;
}

/** `2026-11-24 12:05:09 UTC`. */
export function momentText(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
