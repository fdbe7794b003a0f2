import { Document, isMap, isScalar, isSeq, Scalar, stringify, visit } from 'yaml';
import { composed } from './compose.ts';
import { groupsOf } from './groups.ts';
import { isAlert, type Rule } from './rule.ts';
import { type RuleSettings, termsOf } from './settings.ts';

const WIDTH = 120;

/** A rule file of Prometheus, with comments. */
export function ruleFile(settings: RuleSettings): string {
  const s = termsOf(settings);
  const groups = groupsOf(s);
  const document = new Document({
    groups: groups.map(({ name, interval, rules }) => ({
      name,
      interval,
      rules: rules.map((rule) => composed(rule, s)),
    })),
  });
  document.commentBefore = HEADER;
  visit(document, { Scalar: (_, node) => styled(node) });
  const all = document.get('groups');
  for (const [g, { note, rules }] of groups.entries()) {
    const group = isSeq(all) ? all.get(g) : undefined;
    if (!isMap(group)) continue;
    group.spaceBefore = g > 0;
    if (note) group.commentBefore = comment(note, 2);
    const list = group.get('rules');
    for (const [r, rule] of rules.entries()) {
      const item = isSeq(list) ? list.get(r) : undefined;
      if (!isMap(item)) continue;
      item.spaceBefore = r > 0;
      item.commentBefore = commentOf(rule) || null;
    }
  }
  return document.toString({ lineWidth: WIDTH, minContentWidth: 0 });
}

/** The same rules as an object of the Prometheus Operator. It has no comments: the API server does not keep them. */
export function prometheusRule(settings: RuleSettings): string {
  const s = termsOf(settings);
  const object = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'externalname-monitor',
      namespace: 'externalname-monitor',
      labels: {
        'app.kubernetes.io/name': 'externalname-monitor',
        'app.kubernetes.io/part-of': 'externalname-monitor',
      },
    },
    spec: {
      groups: groupsOf(s).map(({ name, interval, rules }) => ({
        name,
        interval,
        rules: rules.map((rule) => composed(rule, s)),
      })),
    },
  };
  return stringify(object, { lineWidth: 0 });
}

/** Expressions keep their lines; long texts are folded. */
function styled(node: Scalar): void {
  if (!isScalar(node) || typeof node.value !== 'string') return;
  if (node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
  else if (node.value.length > WIDTH) node.type = Scalar.BLOCK_FOLDED;
}

function commentOf(rule: Rule): string {
  const parts = [
    rule.note,
    ...(isAlert(rule) ? [`for: ${rule.wait}`, `when: ${rule.when}`] : []),
  ].filter((part) => part !== undefined);
  return parts.map((part) => comment(part, 6)).join('\n');
}

/** Each line begins with a space, which separates it from the number sign. */
function comment(words: string, indent: number): string {
  const width = WIDTH - indent - '# '.length;
  const lines: string[] = [];
  for (const word of words.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line) => ` ${line}`).join('\n');
}

const HEADER = ` Alerts on ExternalName Services, for Prometheus 2.42 or later (keep_firing_for). docs/alerts.md lists them.
 Written from src/rules: edit there. \`externalname-monitor rules\` prints this file for other settings.

 Scrape with \`honor_labels: true\`: \`namespace\` and \`service\` name the Service that was probed. The cluster label
 is present only where a Prometheus or ruler above several clusters adds it; elsewhere it is empty.

 - Each expression aggregates replicas away first: two pods, as during every rollout, neither double an alert nor break
   it, and a replaced pod does not restart its \`for\`. A Service is up if any replica gets an address.
 - \`vantage!="node"\` leaves out the vantage points (components/per-node), and matches where there is no such label.
 - Verdict, blame and target are in annotations only, by template queries. As a label, a verdict that changes from
   target_failing to target_nxdomain would start another alert, and its \`for\`, from nothing.
 - One ticket is silent while another fires: \`unless … ALERTS{alertname="…",alertstate="firing"}\`. It is not enough
   that the condition of the other one holds: while causes alternate, neither would last for its \`for\`.
 - \`for\` counts from when a fault shows in \`up\`: at most 33 s (interval 30 s and 10 % jitter) and about 21 s
   (timeout and confirmation: 5 s × 2 attempts, 1 s, 5 s × 2) after it began. Each bad round has been confirmed by then.
 - \`le=~"1|1.0"\`: Prometheus 3 stores whole numbers with \`.0\`.
 - keep_firing_for: a monitor that restarts has no \`up\` for about 2 min (back-off 10 s, first round 33 s + 21 s,
   scrape and evaluation 30 s each), and that must not look like recovery. 5 min are also longer than the \`for\` of
   ExternalNameMonitorAbsent: an alert ends only when that one has taken over.`;
