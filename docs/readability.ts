/**
 * `npm run readability`: prints how plain the words of each page are, as rates. `-- --at=<commit>`
 * prints those of another commit, to compare. CONTRIBUTING.md has the style.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Words that a reader in a hurry, or of another mother tongue, has to read twice. */
export const HARD_WORDS = [
  'anew',
  'astray',
  'besides',
  'heed',
  'heeded',
  'heeds',
  'lest',
  'mend',
  'mended',
  'mends',
  'nobody',
  'somebody',
  'everybody',
  'otherwise than',
  'tell',
  'tells',
  'told',
  'whom',
  'whoever',
  'whose',
  'has it',
  'have it',
  'those that',
  'those which',
  'all the same',
  'believe',
  'believed',
  'believes',
  'hear',
  'heard',
  'hears',
  'lets in',
  'let you in',
  'gave offence',
  'by way of',
  'misspelt',
  'time-out',
  'time-outs',
] as const;

/** Patterns that are counted, by the name of the column. */
const PATTERNS = {
  'hard words': new RegExp(`(?<![\\w-])(?:${HARD_WORDS.join('|')})(?![\\w-])`, 'gi'),
  // "What" begins a question or "what to do"; elsewhere it is a noun.
  '"what" as a noun': /\bwhat\b(?! to (?:do|try)\b)(?![^.|]*\?)/gi,
  '", too"': /, too\b/g,
} as const;

/** Each hard place of a text, with the words around it. */
export function hardPlaces(text: string): string[] {
  return Object.values(PATTERNS).flatMap((pattern) =>
    [...text.matchAll(pattern)].map(({ index, 0: found }) =>
      text.slice(Math.max(0, index - 30), index + found.length + 30).trim(),
    ),
  );
}

/** A page without code, comments, and the heads of tables. */
export function proseOf(page: string): string {
  return page
    .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/^ *\|.*\|\n(?= *\| ?---)/gm, '');
}

export interface Readability {
  readonly words: number;
  readonly wordsPerSentence: number;
  /** Per 10,000 words, by the name of the pattern. */
  readonly rates: Readonly<Record<keyof typeof PATTERNS, number>>;
}

/** Sentences are those of paragraphs and of items of lists; rates are of all words. */
export function readabilityOf(page: string): Readability {
  const prose = proseOf(page).replaceAll(/`[^`\n]*`/g, 'code');
  const sentences = prose
    .replaceAll(/^ *[|#].*$/gm, '')
    .split(/[.!?](?=[\s)]|$)|\n\s*\n|\n\s*(?:[-*]|\d+\.) /)
    .map(countWords)
    .filter((words) => words > 0);
  const words = countWords(prose);
  const rate = (pattern: RegExp): number =>
    ([...prose.matchAll(pattern)].length / Math.max(1, words)) * 10_000;
  return {
    words,
    wordsPerSentence: sentences.reduce((sum, one) => sum + one, 0) / Math.max(1, sentences.length),
    rates: {
      'hard words': rate(PATTERNS['hard words']),
      '"what" as a noun': rate(PATTERNS['"what" as a noun']),
      '", too"': rate(PATTERNS['", too"']),
    },
  };
}

function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}'’/-]*/gu)?.length ?? 0;
}

/** The pages that people read: of this checkout, or of a commit. */
function pagesAt(commit: string | undefined): ReadonlyMap<string, string> {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const isPage = (file: string): boolean =>
    /^(?:README|CHANGELOG|CONTRIBUTING|docs\/.+)\.md$/.test(file);
  if (commit !== undefined) {
    const files = git('ls-tree', '-r', '--name-only', commit).split('\n').filter(isPage);
    return new Map(files.map((file) => [file, git('show', `${commit}:${file}`)]));
  }
  const docs = readdirSync(join(ROOT, 'docs'), { encoding: 'utf8', recursive: true });
  const files = [
    'README.md',
    'CHANGELOG.md',
    'CONTRIBUTING.md',
    ...docs.map((file) => `docs/${file}`),
  ];
  return new Map(
    files.filter(isPage).map((file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const),
  );
}

/** A row for each page, and one for all. */
export function report(pages: ReadonlyMap<string, string>): string {
  const columns = Object.keys(PATTERNS) as (keyof typeof PATTERNS)[];
  const rows = [...pages, ['all pages', [...pages.values()].join('\n\n')] as const].map(
    ([file, page]) => {
      const { words, wordsPerSentence, rates } = readabilityOf(page);
      return [file, words, ...[wordsPerSentence, ...columns.map((name) => rates[name])].map(short)];
    },
  );
  const cells = [['page', 'words', 'words/sentence', ...columns], ...rows];
  const widths = cells[0]?.map((_, column) =>
    Math.max(...cells.map((row) => String(row[column]).length)),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) => {
        const width = widths?.[column] ?? 0;
        return column === 0 ? String(cell).padEnd(width) : String(cell).padStart(width);
      })
      .join('  '),
  );
  return `${lines.join('\n')}\nThe last three columns are counts per 10,000 words.\n`;
}

function short(value: number): string {
  return value.toFixed(1);
}

if (import.meta.main) {
  const [, commit] = /^--at=(.+)$/.exec(process.argv[2] ?? '') ?? [];
  process.stdout.write(report(pagesAt(commit)));
}
