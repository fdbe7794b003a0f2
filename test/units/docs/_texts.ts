import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

const ROOT = join(import.meta.dirname, '../../..');

/** A string or a piece of a template in a source file, with at least two words. */
export interface SourceText {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** All texts of the program that people could read: its comments are not among them. */
export function sourceTexts(): SourceText[] {
  return globSync('{src,grafana}/**/*.ts', { cwd: ROOT })
    .sort()
    .flatMap((file) => {
      const source = readFileSync(join(ROOT, file), 'utf8');
      return textsIn(source).map(({ start, text }) => {
        const line = source.slice(0, start).split('\n').length;
        return { file, line, text };
      });
    });
}

/** Summaries and descriptions of the alerts. */
export function alertTexts(): SourceText[] {
  const file = 'manifests/alerts/rules.yaml';
  return readFileSync(join(ROOT, file), 'utf8')
    .split('\n')
    .map((text, index) => ({ file, line: index + 1, text }))
    .filter(({ text }) => /^ *(?:summary|description|# when): /.test(text));
}

/** The strings of a source, each with its offset. */
export function textsIn(source: string): { start: number; text: string }[] {
  const found: { start: number; text: string }[] = [];
  visit(parseAst(source, { lang: 'ts' }), found);
  return found.filter(({ text }) => /\S\s+\S/.test(text));
}

function visit(node: unknown, found: { start: number; text: string }[]): void {
  if (Array.isArray(node)) for (const one of node) visit(one, found);
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
  const { type, start, value } = node as { type?: string; start: number; value?: unknown };
  if (type === 'Literal' && typeof value === 'string') found.push({ start, text: value });
  if (type === 'TemplateElement') found.push({ start, text: (value as { cooked: string }).cooked });
  for (const child of Object.values(node)) visit(child, found);
}
