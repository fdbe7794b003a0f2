import { styleText } from 'node:util';
import { CHECK } from '../config/commands.ts';
import { flagOf, type OptionName, type Options } from '../config/options.ts';
import { parseOptions } from '../config/parse.ts';
import { quoted, UsageError } from '../config/values.ts';
import { CHECK_EXIT } from '../model/exit-status.ts';
import { NO_POLICY } from '../model/policy.ts';
import { jsonOf } from '../views/check/json.ts';
import { junitOf } from '../views/check/junit.ts';
import { type CheckReport, statusOf } from '../views/check/report.ts';
import { type Paint, tableOf } from '../views/check/table.ts';
import { checkCluster } from './check/cluster.ts';
import { checkManifests } from './check/manifests.ts';
import { type Io, print } from './io.ts';

/** What a flag would change nothing of: who gives it means something else than what would happen. */
const OF_CLUSTER = [
  'kubeconfig',
  'context',
  'clusterDns',
  'selector',
  'convergenceDeadline',
] as const;
const OF_MANIFESTS = ['dns', 'defaultNamespace'] as const;

/** `externalname-monitor check`: looks once, says what is wrong, and leaves with a status that tells. */
export async function check(args: readonly string[], io: Io): Promise<number> {
  const invocation = await parseOptions(args, io.env, {}, CHECK);
  if (invocation.print !== undefined) {
    await print(io.stdout, invocation.print);
    return CHECK_EXIT.good.status;
  }
  const { options, flags, words, config } = invocation;
  const policy = config?.policy ?? NO_POLICY;
  const isOfManifests = options.file !== undefined;
  assertMeant(options, flags, words);
  let report: CheckReport;
  try {
    report = isOfManifests
      ? await checkManifests([...(options.file ?? []), ...words], options, policy, io)
      : await checkCluster(words, options, policy, io);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // An internal error must not look like problems in the manifests, which have status 1.
    const why = (error as Error)?.stack ?? error;
    await print(io.stderr, `externalname-monitor: Cannot check: ${why}\n`);
    return CHECK_EXIT.failed.status;
  }
  for (const note of report.notes) await print(io.stderr, `externalname-monitor: ${note}\n`);
  await print(io.stdout, textOf(report, options, paintFor(io)));
  return statusOf(report);
}

/** @throws UsageError for what contradicts itself */
function assertMeant(
  { file, all, namespaces }: Options,
  flags: ReadonlySet<OptionName>,
  words: readonly string[],
): void {
  const useless = (file ? OF_CLUSTER : OF_MANIFESTS).find((name) => flags.has(name));
  if (useless) {
    const [of, not] = file ? ['a cluster', 'manifests'] : ['manifests', 'a cluster'];
    throw new UsageError(
      `Cannot use --${flagOf(useless)}: it is for ${of}, and this checks ${not}, got --${flagOf(useless)}`,
    );
  }
  if (file && all)
    throw new UsageError('Cannot use --all with -f: --all checks a cluster, -f checks manifests');
  if (file) return;
  const [word] = words;
  if (all && word !== undefined) {
    throw new UsageError(`Cannot use --all with the name of a Service, got ${quoted(word)}`);
  }
  if (word !== undefined && flags.has('namespaces')) {
    throw new UsageError(
      `Cannot use --namespaces: the Services are named, got ${quoted(namespaces.join())}`,
    );
  }
  if (!all && word === undefined) {
    throw new UsageError(
      'Cannot check: name Services as <namespace>/<service>, or give --all or -f <file>, got nothing',
    );
  }
}

function textOf(report: CheckReport, { output, runbookUrl }: Options, paint: Paint): string {
  if (output === 'json') return jsonOf(report);
  return output === 'junit' ? junitOf(report) : tableOf(report, paint, { runbookUrl });
}

/** In colours on a terminal, unless NO_COLOR is set. */
function paintFor({ stdout: stream }: Io): Paint {
  const colour = { critical: 'red', warning: 'yellow', info: 'cyan', good: 'green' } as const;
  return (text, level) => styleText(colour[level ?? 'good'], text, { stream });
}
