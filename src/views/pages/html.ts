/** HTML in which nothing that others wrote is ever markup, and nothing in it is hidden. */
import { htmlEscape } from 'escape-goat';

/** A piece of HTML that is ready: made by `html`, and never of a text from outside. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Absent parts are left out, so that `condition && html…` can be written. */
export type Part = Html | string | number | false | undefined | readonly Part[];

/** Texts are escaped, pieces of HTML are not. Attributes must be in double quotes. */
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
 * What a reader would not see, or what makes the text around it look like another: controls, bidi overrides,
 * blanks that are not U+0020, fillers, private and unassigned characters, halves of pairs.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800[\p{Zs}--[ ]]]/gv;

/** `⟨U+202E⟩` in place of each such character. */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(HIDDEN, (character) => {
    const point = character.codePointAt(0) ?? 0;
    return `⟨U+${point.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

/** A name that others wrote: letters that run from right to left do not turn what stands beside it. */
export function name(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/** The same where there is little room: it may be broken behind each dot, and the dots stay where they belong. */
export function dottedName(text: string): Html {
  return html`<bdi>${text.split('.').map((label, i) => html`${i > 0 && html`.<wbr>`}${label}`)}</bdi>`;
}
