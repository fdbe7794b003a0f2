import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOptions } from '../../../src/config/parse.ts';
import { NO_POLICY } from '../../../src/model/policy.ts';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
  file = join(folder, 'options.yaml');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function parse(yaml: string | Buffer, ...args: string[]): Promise<Record<string, unknown>> {
  await writeFile(file, yaml);
  const env = { EXTERNALNAME_MONITOR_CONFIG: file, EXTERNALNAME_MONITOR_ATTEMPTS: '4' };
  return { ...(await parseOptions(args, env)) };
}

/** The message, with FILE for the file. */
async function refusal(yaml: string | Buffer): Promise<string> {
  try {
    return `no refusal: ${JSON.stringify(await parse(yaml))}`;
  } catch (error) {
    expect(error).toMatchObject({ name: 'UsageError' });
    return (error as Error).message.replaceAll(file, 'FILE');
  }
}

describe('the file of --config', () => {
  it('sets any option, in YAML’s own types', async () => {
    const { options } = await parse(`# for the demo cluster
kubeconfig: /etc/kube
cluster-dns: [10.96.0.10, "[fd00::a]:5353"]
record-types: A
interval: 10s
attempts: 3
max-outstanding: 50
namespaces:
  - shop
  - 1234
exclude-namespaces: []
selector: "team=shop,tier in (a,b)"
service-histograms: false
service-labels: team,app.kubernetes.io/name
listen: ":80"
`);
    expect(options).toMatchObject({
      kubeconfig: '/etc/kube',
      clusterDns: [{ label: '10.96.0.10:53' }, { label: '[fd00::a]:5353' }],
      recordTypes: ['A'],
      interval: 10_000,
      maxOutstanding: 50,
      namespaces: ['shop', '1234'],
      excludeNamespaces: [],
      selector: 'team=shop,tier in (a,b)',
      serviceHistograms: false,
      serviceLabels: ['team', 'app.kubernetes.io/name'],
      listen: { host: '::', port: 80 },
    });
  });

  it('is kept as it was read, with its policy', async () => {
    const yaml = 'interval: 10s\npolicy: {allowed-suffixes: example.com}\n';
    const { config } = await parse(yaml);
    expect(config).toMatchObject({
      file,
      text: yaml,
      policy: { allowedSuffixes: ['example.com'], namespaces: new Map() },
    });
    expect(await parse('interval: 10s\n')).toMatchObject({ config: { policy: NO_POLICY } });
    expect(await parseOptions([], {})).not.toHaveProperty('config');
  });

  it('is weaker than variables and flags, and stronger than defaults', async () => {
    const yaml = 'interval: 10s\nattempts: 3\ntimeout: 1s\n';
    const { options, given } = await parse(yaml, '--interval=20s');
    expect(options).toMatchObject({ interval: 20_000, attempts: 4, timeout: 1_000 });
    expect(given).toEqual(new Set(['config', 'interval', 'attempts', 'timeout']));
  });

  it.each([[''], ['# nothing\n'], ['---\n'], ['{}\n'], ['~\n'], ['\uFEFF']])(
    'may be empty, as %j',
    async (yaml) => {
      expect((await parse(yaml)).options).toMatchObject({ interval: 30_000 });
    },
  );

  it.each([
    [
      'an unknown key',
      'interval: 1s\nintervall: 1s\n',
      'Cannot read FILE:2: no such option (did you mean interval?), got "intervall"',
    ],
    [
      'a key in camel case',
      'clusterDns: 10.96.0.10\n',
      'Cannot read FILE:1: no such option (did you mean cluster-dns?), got "clusterDns"',
    ],
    [
      'another file',
      'config: other.yaml\n',
      'Cannot read FILE:1: no such option (--help=all lists them), got "config"',
    ],
    [
      'a merge key',
      '<<: {interval: 1s}\n',
      'Cannot read FILE:1: no such option (--help=all lists them), got "<<"',
    ],
    [
      'a key that is a list',
      '? [a]\n: b\n',
      'Cannot read FILE:1: no such option (--help=all lists them), got a list',
    ],
    [
      'a value that is none',
      '\ninterval: soon\n',
      'Cannot use interval in FILE:2: it must be a duration such as 30s or 1m30s, got "soon"',
    ],
    [
      'a duration without a unit',
      'interval: 30\n',
      'Cannot use interval in FILE:1: it must be a duration such as 30s or 1m30s, got "30"',
    ],
    [
      'a duplicate key',
      'interval: 1s\n\n"interval": 2s\n',
      'Cannot use interval in FILE:3: it occurs twice, got "2s"',
    ],
    [
      'a list of durations',
      'interval: [1s]\n',
      'Cannot use interval in FILE:1: it must be text or a number, got a list',
    ],
    [
      'a boolean domain',
      'cluster-domain: true\n',
      'Cannot use cluster-domain in FILE:1: it must be text or a number, got "true"',
    ],
    [
      'text for a boolean',
      'service-histograms: "true"\n',
      'Cannot use service-histograms in FILE:1: it must be true or false, got "true"',
    ],
    [
      'a mapping for a list',
      'namespaces: {shop: true}\n',
      'Cannot use namespaces in FILE:1: it must be text, or a list of texts, got a mapping',
    ],
    [
      'a list of lists',
      'namespaces: [[shop]]\n',
      'Cannot use namespaces in FILE:1: it must be text, or a list of texts, got a list',
    ],
    [
      'a key without a value',
      'namespaces:\n',
      'Cannot use namespaces in FILE:1: it must be text, or a list of texts, got nothing',
    ],
    [
      'an item without a value',
      'namespaces: [shop, null]\n',
      'Cannot use namespaces in FILE:1: it must be text, or a list of texts, got a list',
    ],
    [
      'an alias',
      'interval: &a 1s\ntimeout: *a\n',
      'Cannot use timeout in FILE:2: it must be text or a number, got the alias *a',
    ],
    [
      'several documents',
      'interval: 1s\n---\ninterval: 2s\n',
      'Cannot read FILE:2: it must be one YAML document, got several',
    ],
    [
      'a list of options',
      '- interval\n',
      'Cannot read FILE:1: it must be a mapping of options, got a list',
    ],
    [
      'text',
      '--interval=1s\n',
      'Cannot read FILE:1: it must be a mapping of options, got "--interval=1s"',
    ],
    [
      'what is no YAML',
      'interval: 1s\nnamespaces: [\n',
      'Cannot read FILE:3: it must be one YAML document, got "Flow sequence in block collection must be sufficiently indented and end with a ]"',
    ],
    [
      'a tag of its own',
      'interval: !js 1s\n',
      'Cannot read FILE:1: it must be one YAML document, got "Unresolved tag: !js"',
    ],
    [
      'binary',
      'kubeconfig: !!binary aGk=\n',
      'Cannot use kubeconfig in FILE:1: it must be text or a number, got "aGk="',
    ],
  ])('refuses %s', async (_what, yaml, message) => {
    expect(await refusal(yaml)).toBe(message);
  });

  it.each([
    [
      'larger than 1 MiB',
      ' '.repeat(1024 * 1024 + 1),
      'Cannot read the configuration file: it is larger than 1 MiB, got "FILE"',
    ],
    [
      'bytes of chance',
      Buffer.from([0x00, 0xff, 0xfe, 0x80, 0x0a, 0x01]),
      /^Cannot read FILE:1: it must be a mapping of options, got "/,
    ],
    [
      'a bomb of aliases',
      `a: &a [x]\n${Array.from({ length: 99 }, (_, n) => `b${n}: &b${n} [${`*${n ? `b${n - 1}` : 'a'},`.repeat(99)}]`).join('\n')}`,
      /^Cannot read FILE:1: no such option/,
    ],
    [
      'nested deeply',
      '['.repeat(20_000),
      /^Cannot read FILE:1: it must be one YAML document, got /,
    ],
    ['of many keys', 'k: 1\n'.repeat(1_000), /^Cannot read FILE:1: no such option/],
  ])('survives one that is %s', async (_what, yaml, message) => {
    expect(await refusal(yaml)).toMatch(message);
  });

  it('must be readable', async () => {
    await expect(parseOptions([`--config=${folder}`], {})).rejects.toThrow(
      `Cannot read the configuration file: EISDIR: illegal operation on a directory, read, got "${folder}"`,
    );
    await expect(parseOptions(['--config=/no/such'], {})).rejects.toThrow(
      /^Cannot read the configuration file: ENOENT: .*, got "\/no\/such"$/,
    );
  });
});
