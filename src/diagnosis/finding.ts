import { FINDINGS, type Finding, type Level, MAX_DETAIL, type Rule } from '../model/finding.ts';

/** A finding, at the usual level of its rule unless another level is given. */
export function finding(rule: Rule, detail?: string, level: Level = FINDINGS[rule].level): Finding {
  return detail === undefined ? { rule, level } : { rule, level, detail: printable(detail) };
}

/** Specs and answers are hostile input. Their text is shown on one line, with a limited length. */
export function printable(text: string): string {
  const short = text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL - 3)}...` : text;
  return short.replace(/[^\x20-\x7e]/g, '?');
}
