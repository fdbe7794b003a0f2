import { FINDINGS } from '../../model/finding.ts';
import { VERDICTS } from '../../model/verdict.ts';
import { type Checked, isProblem, type Report, sorted } from './report.ts';

/** One JSON document; its fields are a public contract. */
export function jsonOf(report: Report): string {
  const { services, unreadable, disabled, failOn } = report;
  const document = {
    summary: {
      services: services.length,
      problems: services.filter((one) => isProblem(one, failOn)).length,
      unresolved: services.filter(({ unresolved }) => unresolved !== undefined).length,
      disabled,
      unreadable: unreadable.length,
      failOn,
    },
    services: sorted(report).map((one) => ({ ...entryOf(one), problem: isProblem(one, failOn) })),
    unreadable,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function entryOf(checked: Checked) {
  const { place, up, findings, verdict, unresolved, ...rest } = checked;
  const { meaning, advice } = VERDICTS[verdict];
  return {
    ...rest,
    ...place,
    up: up ?? null,
    verdict,
    ...(unresolved === undefined ? { meaning, advice } : { unresolved }),
    findings: findings.map((finding) => {
      const text = FINDINGS[finding.rule];
      return { ...finding, meaning: text.meaning, advice: text.advice };
    }),
  };
}
