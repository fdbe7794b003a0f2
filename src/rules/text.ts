/** A PromQL expression, without the indentation of the source. Backslashes are kept. */
export function promql(strings: TemplateStringsArray, ...values: readonly unknown[]): string {
  const lines = String.raw({ raw: strings.raw }, ...values).split('\n');
  const written = lines.filter((line) => line.trim() !== '');
  const indents = written.map((line) => line.length - line.trimStart().length);
  const indent = Math.min(...indents);
  return written.map((line) => line.slice(indent)).join('\n');
}

/** A text on one line: each line break with its indentation becomes a space. Backslashes are kept. */
export function text(strings: TemplateStringsArray, ...values: readonly unknown[]): string {
  return String.raw({ raw: strings.raw }, ...values)
    .trim()
    .replace(/\s*\n\s*/g, ' ');
}
