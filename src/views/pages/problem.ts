/** The error page in place of a page that cannot be shown. */
import { html } from './html.ts';
import { documentOf } from './layout.ts';
import { icon } from './words.ts';

export interface ProblemModel {
  readonly title: string;
  /** "Cannot <do what>: <why>, got <value>". */
  readonly detail: string;
  readonly root: string;
  /**
   * Set for a page that may appear later, such as the page of a Service that does not exist yet.
   */
  readonly live?: string;
  readonly version: string;
  readonly cluster: string | undefined;
}

export function problemPage({ title, detail, root, live, version, cluster }: ProblemModel): string {
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
    cluster,
  });
}
