/** A Corefile as lines of words, as Caddy's lexer reads it (coredns/caddy, caddyfile/lexer.go). */

export type Line = readonly string[];

/** Of a file, and of all imports together: far more than any Corefile has. */
export const MOST_LINES = 20_000;

/** An opening brace ends its line, and a closing one is a line. Never throws. */
export function linesOf(text: string): Line[] {
  const lines: string[][] = [];
  let line: string[] = [];
  const endLine = (): void => {
    if (line.length > 0) lines.push(line);
    line = [];
  };
  for (const word of wordsOf(text)) {
    if (lines.length >= MOST_LINES) return lines;
    if (word === '\n') {
      endLine();
    } else if (word === '}') {
      endLine();
      line = [word];
      endLine();
    } else {
      line.push(word);
      if (word === '{') endLine();
    }
  }
  endLine();
  return lines;
}

/** Words, and `\n` for each end of a line. A quoted word may be empty, have blanks, and go over several lines. */
function* wordsOf(text: string): Generator<string> {
  const words = /\n|#[^\n]*|"((?:\\[\s\S]|[^"\\])*)"?|[^\s#]+/g;
  for (const [word, quoted] of text.replaceAll('\r\n', '\n').matchAll(words)) {
    if (word.startsWith('#')) continue;
    // A quoted line break is no end of a line.
    yield quoted === undefined ? word : quoted.replaceAll('\\"', '"').replaceAll('\n', ' ');
  }
}
