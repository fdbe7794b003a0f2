/**
 * The text that the demo prints: URLs, things to see, changes to try. No line is longer than 120
 * characters.
 */
import { changesByHand, pathOf } from './by-hand.ts';
import { scenarioEvents } from './events.ts';
import { scenarioServices } from './services.ts';

export interface GuideOptions {
  /** URLs of the monitor and of the API server, such as `http://127.0.0.1:9953`. */
  url: string;
  apiUrl: string;
  dns: { host: string; port: number };
}

export function guide({ url, apiUrl, dns }: GuideOptions): string {
  return `externalname-monitor demo: the real monitor on an embedded cluster. Ctrl-C ends it.

  status page  ${url}/
  metrics      ${url}/metrics
  API server   ${apiUrl}/api/v1/services
  cluster DNS  dig @${dns.host} -p ${dns.port} card-gateway.payments.svc.cluster.local

Look first at
${twoColumns([
  [`curl -s ${url}/metrics | grep 'service_verdict{'`, 'the fault, and the component at fault'],
  [`curl -s ${url}/metrics | grep 'service_up.* 0$'`, 'Services without an address'],
  [`curl -s ${url}/metrics | grep last_duration`, 'how long each hop takes'],
  [`curl -s ${url}/metrics | grep 'wildcard{'`, 'a search domain that answers for any name'],
])}
Reported after 5 s
${services()}
Events of every minute; events that affect many Services are announced here
${events()}
Change something by hand: repair a Service, create a dangling one, delete it
  api=${apiUrl}/api/v1/namespaces
${byHand()}`;
}

const rows = scenarioServices.map(({ namespace, name, expected, look }) => ({
  verdict: expected.verdict,
  who: `${namespace}/${name}`,
  look,
}));
const eventRows = scenarioEvents.map(({ shows, who, look }) => {
  const [expected] = Object.values(shows);
  return { verdict: expected?.verdict ?? '', who, look };
});
const verdictWidth = widest([...rows, ...eventRows].map(({ verdict }) => verdict));
const whoWidth = widest([...rows, ...eventRows].map(({ who }) => who));

/** One line per Service; a verdict is printed at its first Service. */
function services(): string {
  return rows
    .map(({ verdict, who, look }, i) =>
      row(verdict === rows[i - 1]?.verdict ? '' : verdict, who, look),
    )
    .join('');
}

function events(): string {
  return eventRows.map(({ verdict, who, look }) => row(verdict, who, look)).join('');
}

function row(verdict: string, who: string, look: string): string {
  return `  ${verdict.padEnd(verdictWidth)}  ${who.padEnd(whoWidth)}  ${look}\n`;
}

function byHand(): string {
  return changesByHand
    .map((change) => {
      const body = change.body === undefined ? '' : ` -d '${JSON.stringify(change.body)}'`;
      // With a body and without a method, curl sends a POST.
      const method = change.method === 'POST' ? '' : `-X ${change.method} `;
      return `  curl ${method}$api${pathOf(change)}${body}\n`;
    })
    .join('');
}

function twoColumns(lines: readonly (readonly [string, string])[]): string {
  const width = widest(lines.map(([left]) => left));
  return lines.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length));
}
