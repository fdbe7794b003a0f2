/**
 * A Corefile as lines of words, by the rules of Caddy's lexer (coredns/caddy, caddyfile/lexer.go).
 */

export type Line = readonly string[];

/** Limit for one file, and for all imports together: far more than any real Corefile has. */
export const MOST_LINES = 20_000;

/** An opening brace ends its line, and a closing brace is a line by itself. Never throws. */
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

/**
 * Words, and `\n` for each line end. A quoted word may be empty, contain blanks, and span several
 * lines.
 */
function* wordsOf(text: string): Generator<string> {
  const words = /\n|#[^\n]*|"((?:\\[\s\S]|[^"\\])*)"?|[^\s#]+/g;
  for (const [word, quoted] of text.replaceAll('\r\n', '\n').matchAll(words)) {
    if (word.startsWith('#')) continue;
    // A quoted line break does not end the line.
    yield quoted === undefined ? word : quoted.replaceAll('\\"', '"').replaceAll('\n', ' ');
  }
}
