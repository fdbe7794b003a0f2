/** The page in place of one that cannot be shown. */
import { html } from './html.ts';
import { documentOf } from './layout.ts';
import { icon } from './words.ts';

export interface ProblemModel {
  readonly title: string;
  /** "Cannot <do what>: <why>, got <value>". */
  readonly detail: string;
  readonly root: string;
  /** As a page has it that may appear yet: a Service that comes. */
  readonly live?: string;
  readonly version: string;
}

export function problemPage({ title, detail, root, live, version }: ProblemModel): string {
  const main = html`<h1>${icon('warn')} ${title}</h1>
<p>${detail}</p>
<p><a href="${root || './'}">All Services</a></p>`;
  return documentOf({
    title,
    root,
    level: 'warning',
    ...(live === undefined ? {} : { live }),
    main,
    version,
  });
}
