/** HTML templates that escape all foreign text, and make hidden characters in it visible. */
import { htmlEscape } from 'escape-goat';

/** A piece of finished HTML. Only `html` makes it, never from unescaped outside text. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Absent parts are left out, so that `condition && html…` works. */
export type Part = Html | string | number | false | undefined | readonly Part[];

/** Escapes texts, but not pieces of HTML. Attributes must be in double quotes. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(textOf)));
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === undefined || part === false) return '';
  if (typeof part === 'object') return part.map(textOf).join('');
  return htmlEscape(visible(String(part)));
}

const PLAIN = /^[ -~]*$/;
/**
 * Characters that are invisible or that change the text around them: controls, bidi overrides,
 * blanks except U+0020, fillers, private and unassigned characters, lone surrogates.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800[\p{Zs}--[ ]]]/gv;

/** Replaces each such character, for example by `⟨U+202E⟩`. */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(HIDDEN, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return `⟨U+${point.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

/** A name from outside. Right-to-left letters in it do not reorder the text around it. */
export function name(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/**
 * The same for narrow places: the line may break after each dot, and the dots keep their position.
 */
export function dottedName(text: string): Html {
  return html`<bdi>${text.split('.').map((label, i) => html`${i > 0 && html`.<wbr>`}${label}`)}</bdi>`;
}
