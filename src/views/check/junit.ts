import { htmlEscape } from 'escape-goat';
import { FINDINGS, type Finding, isAtLeast } from '../../model/finding.ts';
import { VERDICTS } from '../../model/verdict.ts';
import { type CheckedService, type CheckReport, levelOf, sorted, type Unusable } from './report.ts';

/** Characters that XML 1.0 §2.2 does not allow, escaped or not. */
const NOT_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

interface Case {
  readonly xml: string;
  readonly is: 'good' | 'failure' | 'error' | 'skipped';
}

/** One test case for each Service and each unreadable document, in the format of CI systems. */
export function junitOf(report: CheckReport): string {
  const cases = [
    ...report.unusable.map(unusableCase),
    ...sorted(report).map((one) => serviceCase(one, report)),
  ];
  const count = (what: Case['is']): number => cases.filter(({ is }) => is === what).length;
  const counts = attributes({
    tests: cases.length,
    failures: count('failure'),
    errors: count('error'),
    skipped: count('skipped'),
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites${counts}>
  <testsuite name="externalname-monitor"${counts}>
${cases.map(({ xml }) => xml).join('')}  </testsuite>
</testsuites>
`;
}

function serviceCase(checked: CheckedService, { failOn }: CheckReport): Case {
  const { namespace, service, place, findings, verdict, blame, externalName } = checked;
  const isUnsure = VERDICTS[verdict].state === 'unsure';
  const level = levelOf(checked);
  const fails = [
    ...(level && isAtLeast(level, failOn) ? [verdictFailure(checked)] : []),
    ...findings.filter((one) => isAtLeast(one.level, failOn)).map(findingFailure),
  ];
  const [type] = fails.map((one) => one.type);
  const body = isUnsure
    ? element('error', { type: verdict, message: VERDICTS[verdict].meaning }, '')
    : type
      ? element(
          'failure',
          { type, message: fails.map(({ message }) => message).join('; ') },
          fails.map(({ text }) => text).join('\n'),
        )
      : checked.unresolved === undefined
        ? ''
        : element('skipped', { message: checked.unresolved }, '');
  const output = [
    `${externalName}: ${verdict}, blame ${blame}`,
    ...findings.map(({ rule, level, detail }) => `${level} ${rule}${detail ? `: ${detail}` : ''}`),
  ].join('\n');
  const xml = testCase(namespace, service, place, body + element('system-out', {}, output));
  if (isUnsure) return { xml, is: 'error' };
  if (type) return { xml, is: 'failure' };
  return { xml, is: checked.unresolved === undefined ? 'good' : 'skipped' };
}

interface JunitFailure {
  readonly type: string;
  readonly message: string;
  readonly text: string;
}

function verdictFailure({ verdict, blame, externalName }: CheckedService): JunitFailure {
  const { meaning, advice } = VERDICTS[verdict];
  return {
    type: verdict,
    message: `${verdict}, blame ${blame}: ${externalName}`,
    text: `${verdict}: ${meaning} ${advice}`,
  };
}

function findingFailure({ rule, detail }: Finding): JunitFailure {
  const { meaning, advice } = FINDINGS[rule];
  return {
    type: rule,
    message: detail ? `${rule}: ${detail}` : rule,
    text: `${rule}: ${meaning} ${advice}`,
  };
}

function unusableCase({ file, line, message }: Unusable): Case {
  const error = element('error', { type: 'unusable', message }, '');
  const xml = testCase('manifests', `${file}:${line}`, { file, line }, error);
  return { xml, is: 'error' };
}

function testCase(
  classname: string,
  name: string,
  place: CheckedService['place'],
  body: string,
): string {
  const where = place ? { file: place.file, line: place.line } : {};
  return `    <testcase${attributes({ classname, name, ...where })}>\n${body}    </testcase>\n`;
}

function element(name: string, given: Readonly<Record<string, string>>, text: string): string {
  return `      <${name}${attributes(given)}>${escaped(text)}</${name}>\n`;
}

function attributes(given: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(given);
  return pairs.map(([name, value]) => ` ${name}="${escaped(String(value))}"`).join('');
}

function escaped(text: string): string {
  return htmlEscape(text.replaceAll(NOT_XML, '\uFFFD'));
}
