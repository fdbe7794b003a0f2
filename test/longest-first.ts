import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, so that none of them begins when all others have ended: of `test/e2e` and `test/units`. */
const LONGEST = [
  'e2e/matrix',
  'e2e/starvation',
  'e2e/alerting',
  'e2e/differential',
  'e2e/page',
  'e2e/dns-route',
  'e2e/faults',
  'e2e/core-watch',
  'e2e/core-blame',
  'e2e/tickets',
  'e2e/panels',
  'e2e/hostile-answers',
  'units/manifests/alerts',
  'units/commands/demo',
  'units/commands/command-line',
  'units/probe/simulation',
  'units/probe/load',
  'units/probe/references',
  'units/release/release',
  'units/commands/check-cluster',
  'units/commands/probe-once',
  'units/http/limits',
  'units/commands/check-manifests',
  'units/commands/policy',
  'units/kubernetes/failures',
  'units/kubernetes/reflector',
  'units/dns/unreachable',
  'units/probe/singles',
  'units/http/tls',
].map((file) => `/test/${file}.test.ts`);

/** Also where nothing is known of an earlier run, as in a fresh clone. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((file) => moduleId.endsWith(file));
      return index < 0 ? LONGEST.length : index;
    };
    const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => group(a) - group(b) || rank(a) - rank(b));
  }
}
