/**
 * Targets of links. All are relative, so that the pages work behind any prefix, such as that of
 * kubectl proxy.
 */
import { BLAMES, type Blame, VERDICTS, type Verdict } from '../../model/verdict.ts';
import { FILTER_NAMES } from '../services/filters.ts';
import { DEFAULTS, type Wanted } from '../services/list.ts';

/** Names of the state in a URL, in order. */
const WANTED_NAMES = [
  ...FILTER_NAMES,
  'sort',
  'order',
  'group',
  'limit',
  'page',
] as const satisfies readonly (keyof Wanted)[];

const USUAL: Wanted = DEFAULTS;

/** The state in a URL of the status page: all values that differ from the default, by name. */
export function stateOf(wanted: Wanted): readonly (readonly [keyof Wanted, string])[] {
  return WANTED_NAMES.flatMap((name) => {
    const value = wanted[name];
    const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
    return values
      .filter((one) => one !== '' && one !== USUAL[name])
      .map((one) => [name, String(one)] as const);
  });
}

/** A link from the status page to itself. Any change returns to the first page of the table. */
export function statusLink(wanted: Wanted, change: Partial<Wanted> = {}): string {
  const state = stateOf({ ...wanted, page: 1, ...change });
  if (state.length === 0) return './';
  return `?${new URLSearchParams(state.map(([name, value]) => [name, value]))}`;
}

/** A link from the status page to a Service's page. */
export function serviceLink(namespace: string, service: string): string {
  return `services/${encodeURIComponent(namespace)}/${encodeURIComponent(service)}`;
}

/** Names and values of a query, encoded for a URL. */
export function queryText(values: Readonly<Record<string, string>>): string {
  return new URLSearchParams(values).toString();
}

/** Addresses of the runbooks and the dashboard. */
export interface OutsideLinks {
  /** A folder with a page for each alert, `<alert>.md`. */
  readonly runbookUrl: string;
  /** Absent: there is no dashboard to link to. */
  readonly dashboardUrl?: string | undefined;
}

/** The runbook of the alert for such a verdict; none if there is no fault. */
export function runbookLink(
  { up, verdict, blame }: { up?: 0 | 1; verdict: Verdict; blame: Blame },
  { runbookUrl }: OutsideLinks,
): string | undefined {
  const name = VERDICTS[verdict].runbook ?? (up === 0 ? BLAMES[blame].runbook : undefined);
  return name && `${runbookUrl.replace(/\/$/, '')}/${name}.md`;
}

/** Grafana's variables select the Service. */
export function dashboardLink(
  namespace: string,
  service: string,
  { dashboardUrl }: OutsideLinks,
): string | undefined {
  if (dashboardUrl === undefined) return undefined;
  const url = new URL(dashboardUrl);
  url.searchParams.set('var-namespace', namespace);
  url.searchParams.set('var-service', service);
  return url.href;
}
