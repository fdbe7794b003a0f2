/** A probe on demand as text for people: every message, then the reasons for the verdict. */

import type { ProbeNow } from '../metrics/probe.ts';
import { extendedErrorRow } from '../model/extended-error.ts';
import { kindOf, OUTCOMES } from '../model/outcome.ts';
import type { ReplyRead, Step } from '../model/probed.ts';
import { QUERIES, type QueryResult, resultOf } from '../model/round.ts';
import { dateOf } from '../model/time.ts';
import { adviceFor, BLAMES, VERDICTS } from '../model/verdict.ts';
import { ZONE_STATES } from '../model/zone.ts';

export function probeTrace({ probed, ruling }: ProbeNow, alias: string): string {
  const { key, target, steps, converging, seconds, startedAt } = probed;
  const lines = [
    `Probe of ${key} at ${dateOf(startedAt).toISOString()}, ${milliseconds(seconds)} in all`,
    `  alias   ${alias}`,
    `  target  ${target}`,
    ...(converging
      ? [
          '  Cluster DNS may not serve it yet: the probe sends CNAME queries only, so that no negative answer is cached for the pods.',
        ]
      : []),
    '',
    'Messages',
    ...(steps.length === 0 ? ['  none: no message can hold such a target'] : []),
    ...steps.flatMap(stepLines),
    '',
    'Hops',
    ...hopLines({ probed, ruling }),
    '',
    'Verdict',
    ...verdictLines({ probed, ruling }),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function stepLines(step: Step, i: number): string[] {
  const { name, type, edns, startedMs, exchange, reply } = step;
  const { server, transport, outcome } = exchange;
  const number = String(i + 1).padStart(3);
  const flags = edns ? 'rd, EDNS' : 'rd';
  return [
    `${number}  +${milliseconds(startedMs / 1000)}  ${server} ${transport}  ${type} ${name}.  (${flags})`,
    `     ${replyText(step)}  →  ${outcome}`,
    ...(reply ? recordLines(reply) : []),
  ];
}

function replyText({ exchange: { outcome, seconds }, reply }: Step): string {
  if (kindOf(outcome) === 'silence') return `no reply: ${OUTCOMES[outcome].meaning}`;
  const took = seconds === undefined ? '' : ` in ${milliseconds(seconds)}`;
  if (!reply) return `a reply${took}`;
  return `${reply.rcode}${took}, ${reply.bytes} bytes, flags ${reply.flags.join(' ')}`;
}

function recordLines({ records, recordCount, fault }: ReplyRead): string[] {
  const more = recordCount - records.length;
  return [
    ...records.map(
      ({ section, name, ttl, type, data }) =>
        `     ${section.padEnd(10)}  ${name}  ${type === 'OPT' ? '' : `${ttl}  `}${type}  ${data}`,
    ),
    ...(fault === undefined ? [] : [`     cannot be read to its end: ${fault}`]),
    ...(fault === undefined && more > 0 ? [`     and ${more} records more`] : []),
  ];
}

function hopLines({ probed: { round } }: ProbeNow): string[] {
  const lines = QUERIES.flatMap(({ hop, type }) => {
    const result = resultOf(round, hop, type);
    return result ? [hopLine(`${hop.padEnd(6)}  ${type.padEnd(5)}`, result)] : [];
  });
  for (const { name, result } of round.corrections ?? []) {
    lines.push(hopLine(`meant?  ${name}`, result));
  }
  return lines.length > 0 ? lines : ['  no query was sent'];
}

function hopLine(what: string, result: QueryResult): string {
  const { outcome, addresses, chain } = result;
  const found = [...chain.map(({ name }) => name), ...addresses];
  const leads = found.length > 0 ? `  ${found.slice(0, 8).join(', ')}` : '';
  const more = found.length > 8 ? ` and ${found.length - 8} more` : '';
  const meaning = outcome === 'ok' ? [] : [OUTCOMES[outcome].meaning];
  const notes = [...meaning, ...reasonNotes(result)].join('; ');
  return `  ${what}  ${outcome}${leads}${more}${notes === '' ? '' : `  (${notes})`}`;
}

function reasonNotes({ extendedErrors = [], negative }: QueryResult): string[] {
  return [
    ...extendedErrors.map(({ code }) => `EDE ${code}, ${extendedErrorRow(code).meaning}`),
    ...(negative
      ? [`SOA of ${negative.zone}, kept for ${negative.ttl} s here, ${negative.minimum} s at most`]
      : []),
  ];
}

function verdictLines({ probed, ruling }: ProbeNow): string[] {
  const { diagnosis, since, context } = ruling;
  const { published, spec } = context;
  const { up, verdict, blame } = diagnosis;
  const { meaning } = VERDICTS[verdict];
  const usable = spec.settings.families.join(' or ');
  const why =
    up === undefined
      ? 'up is not known'
      : `up is ${up}: the app hop got ${up === 1 ? 'an' : 'no'} address of a family that pods can use (${usable})`;
  const isSame = published.verdict === verdict && published.blame === blame;
  const known = `${published.verdict} (${published.blame}) since ${dateOf(since).toISOString()}`;
  return [
    `  ${why}`,
    ...contextLines(ruling),
    `  verdict  ${verdict}: ${meaning}`,
    `  blame    ${blame}: ${BLAMES[blame].meaning}`,
    `  to do    ${adviceFor(diagnosis)}`,
    '',
    `The regular rounds say ${isSame ? 'the same' : 'otherwise'}: ${known}.`,
    ...(isSame ? [] : [probed.converging ? CONVERGING : ONCE]),
  ];
}

const CONVERGING = 'Until cluster DNS serves the new spec, a round is no proof.';
const ONCE =
  'This is a single probe: regular rounds confirm a change for the worse, and consider earlier rounds.';

/** The input of the verdict in addition to the hops. */
function contextLines({ context }: ProbeNow['ruling']): string[] {
  const { control, servers, lossy, policy } = context;
  const notes = [
    control !== undefined && kindOf(control) !== 'found'
      ? `the control query to cluster DNS: ${control} (${OUTCOMES[control].meaning})`
      : undefined,
    context.stale
      ? 'the monitor has lost contact with the API server: its specs may be out of date'
      : undefined,
    context.converging ? 'created or edited recently: cluster DNS may not serve it yet' : undefined,
    context.inLoop ? 'the target leads back to this Service through other Services' : undefined,
    policy.target !== undefined || policy.address !== undefined
      ? 'policy does not allow the target, or an address'
      : undefined,
    context.zone === 'served' ? undefined : ZONE_STATES[context.zone],
    context.upstreamDown
      ? 'the upstream sensor fails at every server that pods ask, or did until a moment ago'
      : undefined,
    context.upstreamFailing ? 'most other provider domains began to fail with it' : undefined,
    context.refusingMany ? 'cluster DNS answers REFUSED for most provider domains' : undefined,
    lossy.size > 0 ? `messages are lost on the way to ${[...lossy].join(', ')}` : undefined,
    servers.failing > 0
      ? `of the servers that are asked one by one, ${servers.failing} fail it and ${servers.serving} do not`
      : undefined,
  ];
  return notes.filter((note) => note !== undefined).map((note) => `  also: ${note}`);
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}

/**
 * DNS names are already escaped. Other foreign text must not control a terminal or change the text
 * direction.
 */
function printable(line: string): string {
  return line.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
