import { describe, expect, it } from 'vitest';
import { helpText } from '../../src/config/help.ts';
import { OPTION_NAMES } from '../../src/config/options.ts';
import { parseOptions } from '../../src/config/parse.ts';
import { familiesOf, probeConfigOf } from '../../src/config/probe-config.ts';
import { parseResolvConf } from '../../src/config/resolv-conf.ts';

const parse = (...args: string[]): ReturnType<typeof parseOptions>['options'] =>
  parseOptions(args, {}).options;

describe('parseOptions', () => {
  it('has the documented defaults', () => {
    expect(parse()).toMatchObject({
      listen: { host: '::', port: 9953 },
      interval: 30_000,
      convergenceDeadline: 60_000,
      families: 'auto',
      logLevel: 'info',
    });
  });

  it('lets a flag win over a variable, and a variable over the default', () => {
    const env = { EXTERNALNAME_MONITOR_INTERVAL: '10s', EXTERNALNAME_MONITOR_LOG_LEVEL: 'debug' };
    expect(parseOptions(['--interval=5s'], env).options).toMatchObject({
      interval: 5_000,
      logLevel: 'debug',
    });
  });

  it('reads servers and listeners of both families', () => {
    expect(
      parse('--cluster-dns=10.96.0.10, [fd00::a]:5353,127.0.0.1:53', '--listen=127.0.0.1:0'),
    ).toMatchObject({
      clusterDns: [
        { address: '10.96.0.10', port: 53, label: '10.96.0.10:53' },
        { address: 'fd00::a', port: 5353, label: '[fd00::a]:5353' },
        { address: '127.0.0.1', port: 53, label: '127.0.0.1:53' },
      ],
      listen: { host: '127.0.0.1', port: 0 },
    });
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
    ['--attempts=0', 'Cannot use --attempts: it must be a whole number from 1 to 10, got "0"'],
    [
      '--log-level=loud',
      'Cannot use --log-level: it must be one of trace, debug, info, warn, error, fatal, silent, got "loud"',
    ],
    [
      '--nonsense',
      "Cannot read the command line: Unknown option '--nonsense'; --help lists the options",
    ],
    ['watch', "Cannot read the command line: Unexpected argument 'watch'"],
  ])('refuses %s in one line', (arg, message) => {
    expect(() => parse(arg)).toThrow(message);
    try {
      parse(arg);
    } catch (error) {
      expect(String(error)).not.toContain('\n');
    }
  });

  it('names the variable where the value came from one', () => {
    expect(() => parseOptions([], { EXTERNALNAME_MONITOR_ATTEMPTS: 'x' })).toThrow(
      'Cannot use $EXTERNALNAME_MONITOR_ATTEMPTS: ',
    );
  });
});

describe('helpText', () => {
  it('tells of every option, with its default', () => {
    const text = helpText();
    for (const name of OPTION_NAMES)
      expect(text).toContain(`--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}=`);
    expect(text).toContain('Default: 30s');
  });
});

describe('parseResolvConf', () => {
  it('reads what the kubelet writes', () => {
    const text =
      'search shop.svc.k8s.corp svc.k8s.corp k8s.corp\nnameserver 10.96.0.10\noptions ndots:5 timeout:2 attempts:3\n';
    expect(parseResolvConf(text)).toEqual({
      nameservers: ['10.96.0.10'],
      clusterDomain: 'k8s.corp',
      timeoutMs: 2_000,
      attempts: 3,
    });
  });

  it('has the defaults of a resolver, and takes nothing from nonsense', () => {
    const text =
      '# nameserver 1.1.1.1\nnameserver\nnameserver nonsense\nsearch svc.-\noptions timeout:x attempts:99\n\0\n';
    expect(parseResolvConf(text)).toEqual({ nameservers: [], timeoutMs: 5_000, attempts: 5 });
    expect(parseResolvConf('')).toEqual({ nameservers: [], timeoutMs: 5_000, attempts: 2 });
  });
});

describe('probeConfigOf', () => {
  it('takes the families of our own pod, else both', () => {
    expect(familiesOf('10.0.0.7,fd00::7')).toEqual(['ipv4', 'ipv6']);
    expect(familiesOf('fd00::7')).toEqual(['ipv6']);
    expect(familiesOf(undefined)).toEqual(['ipv4', 'ipv6']);
    expect(
      probeConfigOf(parse('--cluster-dns=10.96.0.10'), { POD_IPS: '10.0.0.7' }).families,
    ).toEqual(['ipv4']);
  });
});
