import { FINDINGS, type Finding, isAtLeast, LEVELS, type Level } from '../../model/finding.ts';
import { VERDICTS, type Verdict } from '../../model/verdict.ts';
import { type OutsideLinks, runbookLink } from '../pages/links.ts';
import { type CheckedService, type CheckReport, isProblem, levelOf, sorted } from './report.ts';

/** Colours a text by its level; undefined is good. */
export type Paint = (text: string, level: Level | undefined) => string;

/** Between two columns. */
const GAP = '  ';

/** A cell has one or more lines, all of one colour. */
interface Cell {
  readonly lines: readonly string[];
  readonly level?: Level | undefined;
  readonly plain?: true;
}

/** For people: a row for each Service, the advice for each problem, a summary line, and what to do next. */
export function tableOf(report: CheckReport, paint: Paint, links: OutsideLinks): string {
  const { services, unusable, failOn } = report;
  const hasPlaces = services.some(({ place }) => place !== undefined);
  const heads = ['SERVICE', 'TARGET', 'VERDICT', 'BLAME', 'FINDINGS', ...(hasPlaces ? ['AT'] : [])];
  const rows = sorted(report).map((one) => cellsOf(one, failOn, hasPlaces));
  const parts = [
    rows.length > 0 ? linesOf([heads.map((head) => plain(head)), ...rows], paint) : [],
    unusable.map(({ file, line, message }) => printable(`${file}:${line}: ${message}`)),
    adviceOf(report),
    [summaryOf(report)],
    nextOf(report, links),
  ];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function cellsOf(checked: CheckedService, failOn: Level, hasPlaces: boolean): Cell[] {
  const { namespace, service, externalName, verdict, blame, findings, place } = checked;
  const shown = findings.filter(({ level }) => isAtLeast(level, failOn));
  const notes = shown.map(({ rule, detail }) => (detail ? `${rule}: ${detail}` : rule));
  const bad = checked.invalidAnnotations.map((name) => `bad value of externalname-monitor/${name}`);
  const [level = 'info'] = LEVELS.filter((one) => shown[0]?.level === one);
  const isUnresolved = checked.unresolved !== undefined;
  return [
    plain(`${namespace}/${service}`),
    plain(externalName),
    isUnresolved ? plain('not resolved') : { lines: [verdict], level: levelOf(checked) },
    plain(isUnresolved ? '-' : blame),
    notes.length + bad.length > 0
      ? { lines: [...notes, ...bad].map(printable), level }
      : plain('-'),
    ...(hasPlaces ? [plain(place ? `${place.file}:${place.line}` : '-')] : []),
  ];
}

function plain(text: string): Cell {
  return { lines: [printable(text)], plain: true };
}

function linesOf(rows: readonly (readonly Cell[])[], paint: Paint): string[] {
  const lengths = (column: number) =>
    rows.flatMap((row) => row[column]?.lines.map(({ length }) => length) ?? 0);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...lengths(column)));
  return rows.flatMap((row) => {
    const height = Math.max(...row.map(({ lines }) => lines.length));
    return Array.from({ length: height }, (_, i) => {
      const cells = row.map(({ lines, level, plain: isPlain }, column) => {
        const text = (lines[i] ?? '').padEnd(widths[column] ?? 0);
        return isPlain ? text : paint(text, level);
      });
      return cells.join(GAP).trimEnd();
    });
  });
}

/** The meaning of each word among the problems, once, even if many Services have it. */
function adviceOf(report: CheckReport): string[] {
  const { verdicts, rules } = wordsOf(report);
  const unresolved = report.services.flatMap(({ unresolved: why }) => why ?? []);
  return [
    ...verdicts.flatMap((word) => explained(word, VERDICTS[word])),
    ...rules.flatMap((word) => explained(word, FINDINGS[word])),
    ...[...new Set(unresolved)].map((why) => `not resolved: ${printable(why)}`),
  ];
}

/** The verdicts and findings of the problems, each once, the most severe first. */
function wordsOf(report: CheckReport): { verdicts: Verdict[]; rules: Finding['rule'][] } {
  const { failOn } = report;
  const problems = sorted(report).filter((one) => isProblem(one, failOn));
  const verdicts = problems.filter((one) => levelOf(one)).map(({ verdict }) => verdict);
  const rules = problems
    .flatMap(({ findings }) => findings)
    .filter(({ level }) => isAtLeast(level, failOn))
    .map(({ rule }) => rule);
  return { verdicts: [...new Set(verdicts)], rules: [...new Set(rules)] };
}

/** The command that explains the problems, and the runbook of the most severe one; nothing without a problem. */
function nextOf(report: CheckReport, links: OutsideLinks): string[] {
  const { verdicts, rules } = wordsOf(report);
  const words = [...verdicts, ...rules];
  const [runbook] = sorted(report)
    .filter((one) => levelOf(one) && isProblem(one, report.failOn))
    .flatMap((one) => runbookLink(one, links) ?? []);
  return [
    ...(report.unusable.length > 0 ? ['Next: correct the unusable documents and check again'] : []),
    ...(words.length > 0 ? [`Next: externalname-monitor explain ${words.join(' ')}`] : []),
    ...(runbook ? [`Runbook: ${runbook}`] : []),
  ];
}

function explained(
  word: string,
  { meaning, advice }: { meaning: string; advice: string },
): string[] {
  return [`${word}: ${meaning}`, `    ${advice}`];
}

function summaryOf({ services, unusable, disabled, failOn }: CheckReport): string {
  const problems = services.filter((one) => isProblem(one, failOn)).length;
  const isLeft = services.filter(({ unresolved }) => unresolved !== undefined).length;
  return [
    `${counted(services.length, 'ExternalName Service')}, ${counted(problems, 'problem')}`,
    ...(isLeft > 0 ? [`${isLeft} not resolved`] : []),
    ...(disabled > 0 ? [`${disabled} disabled by annotation`] : []),
    ...(unusable.length > 0 ? [`${counted(unusable.length, 'unusable document')}`] : []),
  ].join(', ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Specs and file names are hostile input, and a terminal interprets control characters. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
