import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { parseConfigFile } from '../../../src/config/file.ts';
import { helpText } from '../../../src/config/help.ts';
import { OPTION_NAMES, type Options, optionOf } from '../../../src/config/options.ts';
import { parseOptions } from '../../../src/config/parse.ts';
import { UsageError } from '../../../src/config/values.ts';
import { parse } from './_parse.ts';

describe('parseOptions', () => {
  it('has the documented default of each option', async () => {
    const parsed = await parse([]);
    for (const name of OPTION_NAMES) {
      const { fallback, parse: read } = optionOf(name);
      expect([name, parsed[name]]).toEqual([
        name,
        fallback === undefined ? undefined : read(fallback),
      ]);
    }
    expect(parsed).toMatchObject({
      families: 'auto',
      interval: 30_000,
      maxServices: 20_000,
      namespaces: [],
    });
  });

  it('lets a flag win over a variable, and a variable over the default', async () => {
    const env = { EXTERNALNAME_MONITOR_INTERVAL: '10s', EXTERNALNAME_MONITOR_LOG_LEVEL: 'debug' };
    expect(await parse(['--interval=5s'], env)).toMatchObject({
      interval: 5_000,
      logLevel: 'debug',
    });
  });

  it('has one option with dots, as a flag, a variable and a key of the file', async () => {
    const file = { 'web.config.file': 'web.yml' };
    expect(await parse(['--web.config.file=web.yml'])).toMatchObject(file);
    expect(await parse(['--web.config.file', 'web.yml'])).toMatchObject(file);
    expect(await parse([], { EXTERNALNAME_MONITOR_WEB_CONFIG_FILE: 'web.yml' })).toMatchObject(
      file,
    );
    const { settings } = await parseConfigFile('f', 'web.config.file: web.yml\n');
    expect(settings.get('web.config.file')?.text).toBe('web.yml');
    await expect(parse(['--web-config-file=web.yml'])).rejects.toThrow(
      'did you mean --web.config.file?',
    );
  });

  it.each<[string, Partial<Options>]>([
    [
      '--cluster-dns=10.96.0.10, [fd00::a]:5353,127.0.0.1:53',
      {
        clusterDns: [
          { address: '10.96.0.10', port: 53, label: '10.96.0.10:53' },
          { address: 'fd00::a', port: 5353, label: '[fd00::a]:5353' },
          { address: '127.0.0.1', port: 53, label: '127.0.0.1:53' },
        ],
      },
    ],
    [
      '--reference-dns=9.9.9.9,[2620:fe::9]:5353',
      {
        referenceDns: [
          { address: '9.9.9.9', port: 53, label: '9.9.9.9:53' },
          { address: '2620:fe::9', port: 5353, label: '[2620:fe::9]:5353' },
        ],
      },
    ],
    ['--reference-interval=1s', { referenceInterval: 1_000 }],
    ['--reference-zones=Shop.com., pay.org,shop.com', { referenceZones: ['shop.com', 'pay.org'] }],
    ['--reference-zones=', { referenceZones: [] }],
    ['--listen=127.0.0.1:0', { listen: { host: '127.0.0.1', port: 0 } }],
    ['--record-types=AAAA', { recordTypes: ['AAAA'] }],
    ['--families=ipv6, ipv4,ipv6', { families: ['ipv6', 'ipv4'] }],
    ['--namespaces=shop, payments,shop', { namespaces: ['shop', 'payments'] }],
    ['--exclude-namespaces=', { excludeNamespaces: [] }],
    ['--max-services=0', { maxServices: 0 }],
    ['--service-histograms', { serviceHistograms: true }],
    ['--service-histograms=false', { serviceHistograms: false }],
    [
      '--service-labels=team,app.kubernetes.io/name',
      { serviceLabels: ['team', 'app.kubernetes.io/name'] },
    ],
    ['--selector=team=shop', { selector: 'team=shop' }],
    ['--dns-service=dns/coredns', { dnsService: { namespace: 'dns', name: 'coredns' } }],
    ['--discover-dns-pods', { discoverDnsPods: true }],
    [
      '--selector= a.b/c in (x, y,) , !legacy,tier!=dev , d notin (z),e==,f ',
      { selector: 'a.b/c in (x, y,) , !legacy,tier!=dev , d notin (z),e==,f' },
    ],
  ])('reads %s', async (arg, expected) => {
    expect(await parse([arg])).toMatchObject(expected);
  });

  it('takes the last of several, with or without =', async () => {
    const args = ['--interval=1s', '--interval', '2s', '--service-histograms=false', '--'];
    expect(await parse(args)).toMatchObject({ interval: 2_000, serviceHistograms: false });
  });

  it.each([
    [
      '--interval=soon',
      'Cannot use --interval: it must be a duration such as 30s or 1m30s, got "soon"',
    ],
    ['--interval=1ms', 'Cannot use --interval: it must be from 500ms to 1h, got "1ms"'],
    [
      '--interval=1s,',
      'Cannot use --interval: it must be a duration such as 30s or 1m30s, got "1s,"',
    ],
    [
      '--cluster-dns=dns.local',
      'Cannot use --cluster-dns: each must be an IP address, with :port if not 53, got "dns.local"',
    ],
    [
      '--cluster-dns=10.0.0.1:99999',
      'Cannot use --cluster-dns: a port is from 1 to 65535, got "10.0.0.1:99999"',
    ],
    [
      '--cluster-domain=a..b',
      'Cannot use --cluster-domain: it must be a DNS domain such as cluster.local, got "a..b"',
    ],
    [
      '--listen=9953',
      'Cannot use --listen: it must be host:port, with an IPv6 address in brackets, got "9953"',
    ],
    [
      '--listen=::1:80',
      'Cannot use --listen: it must be host:port, with an IPv6 address in brackets, got "::1:80"',
    ],
    [
      '--families=ipv5',
      'Cannot use --families: it must be auto, ipv4, ipv6 or ipv4,ipv6, got "ipv5"',
    ],
    ['--families=', 'Cannot use --families: it must be auto, ipv4, ipv6 or ipv4,ipv6, got ""'],
    ['--record-types=MX', 'Cannot use --record-types: it must be A, AAAA or A,AAAA, got "MX"'],
    ['--record-types=', 'Cannot use --record-types: it must be A, AAAA or A,AAAA, got ""'],
    ['--attempts=0', 'Cannot use --attempts: it must be a whole number from 1 to 10, got "0"'],
    [
      '--max-outstanding=0',
      'Cannot use --max-outstanding: it must be a whole number from 1 to 100000, got "0"',
    ],
    [
      '--max-services=-1',
      'Cannot use --max-services: it must be a whole number from 0 to 1000000, got "-1"',
    ],
    [
      '--namespaces=shop,,Pay',
      'Cannot use --namespaces: each must be the name of a namespace, got ""',
    ],
    [
      '--exclude-namespaces=kube_system',
      'Cannot use --exclude-namespaces: each must be the name of a namespace, got "kube_system"',
    ],
    [
      '--service-labels=a/b/c',
      'Cannot use --service-labels: each must be the name of a label, got "a/b/c"',
    ],
    [
      '--service-labels=a,b,c,d,e,f,g,h,i,j,k',
      'Cannot use --service-labels: it must name 10 labels at most, got 11',
    ],
    [
      '--service-labels=a.b,a-b',
      'Cannot use --service-labels: two would be the same label in Prometheus, got "a-b"',
    ],
    [
      '--service-histograms=yes',
      'Cannot use --service-histograms: it must be one of true, false, got "yes"',
    ],
    [
      '--runbook-url=javascript:alert(1)',
      'Cannot use --runbook-url: it must be an http or https URL without credentials, got "javascript:alert(1)"',
    ],
    [
      '--dashboard-url=https://me:secret@grafana.example.com/d/x',
      'Cannot use --dashboard-url: it must be an http or https URL without credentials, got "https://me:secret@grafana.example.com/d/x"',
    ],
    [
      '--log-level=loud',
      'Cannot use --log-level: it must be one of trace, debug, info, warn, error, fatal, silent, got "loud"',
    ],
    ['--log-format=xml', 'Cannot use --log-format: it must be one of auto, json, text, got "xml"'],
    [
      '--reference-dns=dns.google',
      'Cannot use --reference-dns: each must be an IP address, with :port if not 53, got "dns.google"',
    ],
    [
      '--reference-interval=999ms',
      'Cannot use --reference-interval: it must be from 1s to 24h, got "999ms"',
    ],
    [
      '--reference-zones=shop.com,*.pay.org',
      'Cannot use --reference-zones: it must be a DNS domain such as cluster.local, got "*.pay.org"',
    ],
    ['--kubeconfig=', 'Cannot use --kubeconfig: it must not be empty, got ""'],
    ['--config=', 'Cannot use --config: it must not be empty, got ""'],
    ['--context', 'Cannot use --context: it needs a value, as --context=<name>, got none'],
    [
      '--nonsense=1',
      'Cannot read the command line: no such option (--help=all lists them), got "--nonsense"',
    ],
    [
      '--clusterdns=1',
      'Cannot read the command line: no such option (did you mean --cluster-dns?), got "--clusterdns"',
    ],
    ['-x', 'Cannot read the command line: no such option (--help=all lists them), got "-x"'],
    [
      '--a\nb',
      'Cannot read the command line: no such option (--help=all lists them), got "--a\\nb"',
    ],
    [
      'watch',
      'Cannot read the command line: a command comes first, and options are --name=value, got "watch"',
    ],
  ])('refuses %s in one line', async (arg, message) => {
    await expect(parse([arg])).rejects.toThrow(new UsageError(message));
  });

  it.each([
    'a=b=c',
    'a in b',
    'a in (b',
    'a b',
    '!a=b',
    ',',
    'a=b,',
    'in (a)',
    '-a',
    'a=b/c',
    'a&limit=1',
    `a=${'b'.repeat(64)}`,
  ])('refuses %s as a selector', async (selector) => {
    await expect(parse([`--selector=${selector}`])).rejects.toThrow(
      /^Cannot use --selector: each term must be as team=shop, .*, got "/,
    );
  });

  it('does not take the next option for a value', async () => {
    await expect(parse(['--kubeconfig', '--context=a'])).rejects.toThrow(
      'Cannot use --kubeconfig: it needs a value, as --kubeconfig=<file>, got none',
    );
  });

  it('names the variable where the value came from one', async () => {
    await expect(parse([], { EXTERNALNAME_MONITOR_ATTEMPTS: 'x' })).rejects.toThrow(
      'Cannot use $EXTERNALNAME_MONITOR_ATTEMPTS: ',
    );
  });

  it('refuses a variable that is no option, but not what the kubelet sets for a Service', async () => {
    await expect(parse([], { EXTERNALNAME_MONITOR_INTERVALL: '1s' })).rejects.toThrow(
      'Cannot read the environment: no such option (did you mean EXTERNALNAME_MONITOR_INTERVAL?), got "EXTERNALNAME_MONITOR_INTERVALL"',
    );
    await parse([], {
      EXTERNALNAME_MONITOR_SERVICE_HOST: '10.0.0.1',
      EXTERNALNAME_MONITOR_SERVICE_PORT_METRICS: '9953',
      EXTERNALNAME_MONITOR_PORT: 'tcp://10.0.0.1:9953',
      EXTERNALNAME_MONITOR_PORT_9953_TCP_ADDR: '10.0.0.1',
      EXTERNALNAME_MONITOR_INTERVAL: '',
    });
  });

  it('answers --help and --version, whatever else is wrong', async () => {
    const env = { EXTERNALNAME_MONITOR_ATTEMPTS: 'x' };
    expect(await parseOptions(['--nonsense', '-h'], env)).toEqual({ print: helpText() });
    expect(await parseOptions(['--interval=x', '--version'], env)).toEqual({
      print: `externalname-monitor ${packageJson.version}\n`,
    });
  });
});
