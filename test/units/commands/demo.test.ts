import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changesByHand, pathOf } from '../../../src/demo/scenario/by-hand.ts';
import { scenarioEvents } from '../../../src/demo/scenario/events.ts';
import {
  type Expected,
  type ScenarioService,
  scenarioServices,
} from '../../../src/demo/scenario/services.ts';
import { type Sample, select, verdictsOf } from '../../fixtures/samples.ts';
import { IS_THOROUGH } from '../../fixtures/thorough.ts';
import { until } from '../../lab/cluster/until.ts';
import { Program } from '../../lab/program.ts';
import { leftOut, withoutPromtool } from '../../lab/promtool.ts';

const steady = scenarioServices.filter(({ comesAndGoes }) => !comesAndGoes);
const keyOf = ({ namespace, name }: ScenarioService) => `${namespace}/${name}`;
const wordsOf = ({ up, verdict, blame }: Expected) => `${up ?? '-'} ${verdict} ${blame}`;

interface ResolverView {
  readonly answers: readonly { readonly outcome: string; readonly extendedError?: string }[];
}

/** Families of the verdicts. */
const VERDICTS = 'externalname_service_';

/** Waits until all of these are said at the same time; shows the difference if they never are. */
async function saysAll(
  program: Program,
  expected: Readonly<Record<string, string>>,
  deadlineMs: number,
): Promise<void> {
  let seen: Record<string, string> = {};
  const isSaid = async () => {
    seen = verdictsOf(await program.samples(VERDICTS));
    return Object.keys(expected).every((key) => seen[key] === expected[key]);
  };
  await until('the verdicts', isSaid, { deadlineMs, everyMs: 500 }).catch(() =>
    expect(seen).toMatchObject(expected),
  );
}

describe('demo', () => {
  let demo: Program;
  /** On the same port. */
  let second: Program;

  beforeAll(async () => {
    demo = await Program.start(['demo', '--listen=127.0.0.1:0', '--timeout=900ms']);
    second = new Program(['demo', `--listen=${demo.url.replace('http://', '')}`]);
  });

  afterAll(async () => {
    await second?.stop('SIGKILL');
    await demo?.stop();
  });

  it('says of every Service what its script promises', async () => {
    const expected = steady.map((service) => [keyOf(service), wordsOf(service.expected)]);
    // Past the events of two minutes, for a machine that is too slow to get there before them.
    await saysAll(demo, Object.fromEntries(expected), 140_000);
    for (const service of steady) expect(demo.stdout).toContain(` ${keyOf(service)} `);
  }, 150_000);

  it('is text that promtool has nothing to say about', async (context) => {
    context.skip(withoutPromtool, leftOut.trim());
    const { text } = await demo.get('/metrics');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect({ status, output: stdout + stderr }).toEqual({ status: 0, output: '' });
  });

  it.runIf(IS_THOROUGH)(
    'takes the series of a Service away when it goes, and brings them back',
    async () => {
      const { namespace, name } = scenarioServices.find(({ comesAndGoes }) => comesAndGoes) ?? {};
      if (!namespace || !name)
        throw new Error('Cannot test: nothing comes and goes, got the scenario');
      const count = async (): Promise<number> =>
        (await demo.samples()).filter(
          ({ labels }) => labels.namespace === namespace && labels.service === name,
        ).length;
      await until('it there', async () => (await count()) > 0, { deadlineMs: 20_000 });
      await until('it gone', async () => (await count()) === 0, { deadlineMs: 20_000 });
      await until('it back', async () => (await count()) > 0, { deadlineMs: 20_000 });
    },
    60_000,
  );

  // Side by side: each waits for its turn within the same minute.
  it
    .runIf(IS_THOROUGH)
    .concurrent.each(scenarioEvents.map((event) => [event.look, event] as const))(
    'shows: %s',
    async (_, { shows, announced }) => {
      const expected = Object.entries(shows).map(([key, said]) => [key, wordsOf(said)]);
      await saysAll(demo, Object.fromEntries(expected), 75_000);
      if (announced)
        expect(demo.stdout).toMatch(new RegExp(`^[\\d:]{8}  ${announced.begins}$`, 'm'));
    },
    80_000,
  );

  // With some time, all that the script says; in a quick run, no other.
  it('shows drift, findings and disagreement where its script says so, and no other', async () => {
    const wanted = steady.flatMap((service) => {
      const of = (words: string) => `${keyOf(service)} ${words}`;
      const { drift = [], disagreement, finding } = service.shows ?? {};
      return [
        ...drift.filter((kind) => kind !== 'addresses').map(of),
        ...(disagreement ? [of('disagreement')] : []),
        ...(finding ? [of(finding)] : []),
      ];
    });
    const rotating = steady.filter(({ shows }) => shows?.drift).map(keyOf);
    let seen: string[] = [];
    let changed: (string | undefined)[] = [];
    const isShown = async () => {
      const samples = await demo.samples();
      const holding = samples.filter(({ value }) => value > 0);
      const list = (name: string, words: (labels: Sample['labels']) => string | undefined) =>
        select(holding, name).map(
          ({ labels }) => `${labels.namespace}/${labels.service} ${words(labels)}`,
        );
      const drift = list('externalname_target_changes_total', ({ kind }) => kind);
      changed = drift.filter((one) => one.endsWith(' addresses')).map((one) => one.split(' ')[0]);
      // What the verdict states already is for the table of verdicts.
      const findings = select(holding, 'externalname_finding').filter(
        ({ labels }) =>
          !String(verdictsOf(samples)[`${labels.namespace}/${labels.service}`]).includes(
            'invalid_target',
          ),
      );
      seen = [
        ...drift.filter((one) => !one.endsWith(' addresses')),
        ...list('externalname_resolver_disagreement', () => 'disagreement'),
        ...findings.map(({ labels }) => `${labels.namespace}/${labels.service} ${labels.rule}`),
      ];
      return wanted.every((one) => seen.includes(one));
    };
    if (!IS_THOROUGH) {
      await isShown();
      expect(wanted).toEqual(expect.arrayContaining(seen));
      return;
    }
    await until('all of it', isShown, { deadlineMs: 75_000, everyMs: 1_000 }).catch(() => {});
    expect(seen.sort()).toEqual(wanted.sort());
    expect(changed).toEqual(expect.arrayContaining(rotating));
    const samples = await demo.samples();
    const converged = select(samples, 'externalname_convergence_seconds_count');
    expect(converged[0]?.value).toBeGreaterThan(0);
  }, 80_000);

  it('shows a slow target as slow, not as failing', async () => {
    const of = { namespace: 'payments', service: 'bank-feed' };
    const isShown = async () => {
      const samples = await demo.samples();
      const [last] = select(samples, 'externalname_probe_last_duration_seconds', {
        ...of,
        hop: 'target',
        type: 'A',
      });
      expect(last?.value).toBeGreaterThanOrEqual(0.3);
      return verdictsOf(samples)['payments/bank-feed'] === '1 healthy none';
    };
    await until('its duration', isShown, { deadlineMs: 30_000, everyMs: 500 });
  });

  it('shows the Services of a dead domain as one', async () => {
    const isShown = async () => {
      const { text } = await demo.get('/api/v1/summary');
      const { domains } = JSON.parse(text) as {
        domains: { domain: string; services: number; down: number; blame: string }[];
      };
      const dead = domains.find(({ domain }) => domain === 'example.org');
      return dead?.services === 4 && dead.down === 4 && dead.blame === 'target';
    };
    await until('the domain', isShown, { deadlineMs: 75_000, everyMs: 250 });
    const page = await demo.get('/');
    expect(page.text).toContain('4 Services, one domain');
  }, 80_000);

  it('shows a resolver that validates DNSSEC and fails beside one that answers', async () => {
    const detail = async () =>
      JSON.parse((await demo.get('/api/v1/services/media/transcoder')).text) as {
        readonly evidence?: string;
        readonly resolvers: readonly ResolverView[];
      };
    await until(
      'the evidence',
      async () => {
        const { evidence = '' } = await detail();
        return /validates DNSSEC and rejects .* answers without validating/.test(evidence);
      },
      { deadlineMs: 30_000, everyMs: 250 },
    );
    const { resolvers } = await detail();
    const first = resolvers.map(({ answers }) => answers[0]);
    expect(first).toContainEqual(
      expect.objectContaining({ outcome: 'servfail', extendedError: 'dnskey_missing' }),
    );
    expect(first).toContainEqual(expect.objectContaining({ outcome: 'ok' }));
  });

  it('takes changes by hand at its API server, and says what they do', async () => {
    const [, api] = /api=(http:\S+)/.exec(demo.stdout) ?? [];
    for (const change of changesByHand) {
      const { method, namespace, name, body, expected } = change;
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const reply = await fetch(`${api}${pathOf(change)}`, init);
      expect([reply.status, await reply.json()]).toEqual([
        method === 'POST' ? 201 : 200,
        expect.anything(),
      ]);
      await until(
        `${method} to show`,
        async () => {
          const said = verdictsOf(await demo.samples(VERDICTS))[`${namespace}/${name}`];
          return said === (expected && wordsOf(expected));
        },
        { deadlineMs: 20_000, everyMs: 500 },
      );
    }
  }, 65_000);

  it('ends with one line and status 2 where the port is taken', async () => {
    expect(await second.ended()).toBe(2);
    await until('its output', () => second.stderr !== '');
    expect(second.stderr).toMatch(
      /^externalname-monitor: Cannot listen on .*: the port is in use; .*\n$/,
    );
  });

  it('ends cleanly on Ctrl-C', async () => {
    expect(await demo.stop('SIGINT')).toBe(0);
    expect(demo.stderr).toBe('');
  });
});

it.runIf(IS_THOROUGH)(
  'demo --families=ipv4 speaks for pods without IPv6',
  async () => {
    const demo = await Program.start([
      'demo',
      '--listen=127.0.0.1:0',
      '--timeout=900ms',
      '--families=ipv4',
    ]);
    try {
      const expected = steady.map((service) => [
        keyOf(service),
        wordsOf(service.expectedWithoutIpv6 ?? service.expected),
      ]);
      await saysAll(demo, Object.fromEntries(expected), 75_000);
    } finally {
      await demo.stop();
    }
  },
  110_000,
);
