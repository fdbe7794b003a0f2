import { FINDINGS } from '../../model/finding.ts';
import { VERDICTS } from '../../model/verdict.ts';
import { type CheckedService, type CheckReport, isProblem, sorted } from './report.ts';

/** One JSON document; its fields are a public contract. */
export function jsonOf(report: CheckReport): string {
  const { services, unusable, disabled, failOn } = report;
  const document = {
    summary: {
      services: services.length,
      problems: services.filter((one) => isProblem(one, failOn)).length,
      unresolved: services.filter(({ unresolved }) => unresolved !== undefined).length,
      disabled,
      unusable: unusable.length,
      failOn,
    },
    services: sorted(report).map((one) => ({ ...entryOf(one), problem: isProblem(one, failOn) })),
    unusable,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function entryOf(checked: CheckedService) {
  const { namespace, service, place, externalName, up, verdict, blame, unresolved } = checked;
  const { meaning, advice } = VERDICTS[verdict];
  return {
    namespace,
    service,
    ...place,
    externalName,
    up: up ?? null,
    verdict,
    blame,
    ...(unresolved === undefined ? { meaning, advice } : { unresolved }),
    findings: checked.findings.map((finding) => {
      const text = FINDINGS[finding.rule];
      return { ...finding, meaning: text.meaning, advice: text.advice };
    }),
    addresses: checked.addresses,
    chain: checked.chain,
    invalidAnnotations: checked.invalidAnnotations,
  };
}
