import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readWebFile, watchWebFile } from '../../../src/config/web-file.ts';
import { readWebYaml } from '../../../src/config/web-yaml.ts';
import { selfSigned } from '../../../src/demo/certificate.ts';
import type { WebConfig } from '../../../src/model/web.ts';
import { until } from '../../lab/cluster/until.ts';

const HASH = '$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG';
const SERVER = selfSigned();
const OTHER = selfSigned();
const MINIMAL = 'tls_server_config: { cert_file: tls.crt, key_file: tls.key }\n';

describe('the text of a web configuration', () => {
  it('may use every key of the format', () => {
    const read = readWebYaml(
      `tls_server_config:
  cert_file: tls.crt
  key_file: /secret/tls.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [prometheus.example.com, "10.0.0.1"]
  min_version: TLS13
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: false
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: false
  headers:
    X-Frame-Options: sameorigin
    X-XSS-Protection: ""
    Content-Security-Policy: default-src 'self'
basic_auth_users:
  alice: ${HASH}
`,
      'web.yml',
    );
    expect(read).toMatchObject({
      tls: {
        cert: { file: 'tls.crt' },
        key: { file: '/secret/tls.key' },
        ca: { file: 'ca.crt' },
        clientAuth: 'RequireAndVerifyClientCert',
        clientAllowedSans: ['prometheus.example.com', '10.0.0.1'],
        secure: {
          minVersion: 'TLSv1.3',
          maxVersion: 'TLSv1.3',
          ciphers: 'ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256',
          honorCipherOrder: false,
          ecdhCurve: 'X25519:P-256',
        },
      },
      users: new Map([['alice', HASH]]),
    });
    expect(read.headers).toEqual({
      'X-Frame-Options': 'sameorigin',
      'Content-Security-Policy': "default-src 'self'",
    });
  });

  it('keeps TLS 1.3 where only suites of older versions are named', () => {
    const suites = '{ cert: c, key: k, cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256] }';
    expect(readWebYaml(`tls_server_config: ${suites}`, 'f').tls?.secure.ciphers).toMatch(
      /^ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_/,
    );
  });

  it.each(['', '# nothing\n', 'basic_auth_users: {}\n'])('may ask for nothing: %j', (text) => {
    expect(readWebYaml(text, 'f')).toEqual({ headers: {}, users: new Map() });
  });

  const tls = (more: string): string => `tls_server_config: { cert: c, key: k, ${more} }`;
  it.each([
    ['[1]', 'f:1: it must be a mapping of a web configuration, got a list'],
    ['tls: {}', 'no such key here (there are tls_server_config, '],
    ['tls_server_confg: {}', 'did you mean tls_server_config?'],
    ['rate_limit: { burst: 1 }', 'no such key here'],
    ['a: &x 1\nb: *x', 'no such key here'],
    ['tls_server_config:', 'it must be a mapping, got nothing'],
    ['basic_auth_users:', 'it must be a mapping, got nothing'],
    ['tls_server_config: {}', 'cert_file is missing, got nothing'],
    ['tls_server_config: { cert_file: a }', 'key_file is missing, got cert_file'],
    ['tls_server_config: { cert_file: "" }', 'it must be text, got ""'],
    [tls('cert_file: x'), 'one of cert and cert_file, got both'],
    [tls('client_auth_type: Always'), 'NoClientCert, RequestClientCert, '],
    [tls('client_auth_type: RequireAndVerifyClientCert'), 'client_ca_file is missing'],
    [tls('client_ca: x'), 'needs a client_auth_type that asks for certificates'],
    [
      tls('client_ca: x, client_auth_type: VerifyClientCertIfGiven, client_allowed_sans: [a]'),
      'needs a client_auth_type that requires a certificate, got "VerifyClientCertIfGiven"',
    ],
    [tls('client_allowed_sans: []'), 'it must be a list of 1 to 1000 texts, got a list of 0'],
    [tls('client_allowed_sans: a'), 'it must be a list of 1 to 1000 texts, got "a"'],
    [tls('min_version: TLS10'), 'it must be one of TLS12, TLS13, got "TLS10"'],
    [tls('min_version: TLS13, max_version: TLS12'), 'must not be above max_version'],
    [tls('min_version: constructor'), 'it must be one of TLS12, TLS13, got "constructor"'],
    [tls('cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]'), 'got "TLS_RSA_WITH_RC4_128_SHA"'],
    [tls('curve_preferences: [P-256]'), 'CurveP256, CurveP384, CurveP521, X25519, got "P-256"'],
    [tls('prefer_server_cipher_suites: maybe'), 'one of true, false, got "maybe"'],
    ['http_server_config: { http2: true }', 'only HTTP/1.1 is served, got true'],
    ['http_server_config: { headers: { X-Other: a } }', 'no such key here'],
    [
      'http_server_config: { headers: { X-Frame-Options: allow } }',
      'deny, sameorigin, got "allow"',
    ],
    [
      'http_server_config: { headers: { X-XSS-Protection: "a\\r\\nb: c" } }',
      'one line of plain characters',
    ],
    ['basic_auth_users: { "a:b": x }', 'a name without a colon, got "a:b"'],
    [`basic_auth_users: { a: ${HASH.replace('$10$', '$31$')} }`, 'from 4 to 15, got 31'],
  ])('cannot be %j', (text, why) => {
    expect(() => readWebYaml(text, 'f')).toThrow(why);
  });

  it.each([
    'basic_auth_users: { a: pa55word }',
    'basic_auth_users: { a: pa55word, a: pa55word }',
    'tls_server_config: { cert: c, key: pa55word, key: pa55word }',
    'tls_server_config: { cert: c, key_file: k, key: pa55word }',
    'basic_auth_users: pa55word-is-a-mistake\nx: y',
  ])('is never repeated where it may be secret: %j', (text) => {
    let said = '';
    try {
      readWebYaml(text, 'f');
    } catch (error) {
      said = String(error);
    }
    expect(said).toMatch(/^UsageError: Cannot /);
    expect(said).not.toMatch(/pa55word[^-]/);
  });

  it('has an end', () => {
    const users = Array.from({ length: 1_001 }, (_, i) => `  u${i}: ${HASH}\n`);
    expect(() => readWebYaml(`basic_auth_users:\n${users.join('')}`, 'f')).toThrow(/1000 users/);
  });
});

describe('the files of a web configuration', () => {
  let folder: string;
  let file: string;
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'web-file-'));
    file = join(folder, 'web.yml');
    write('web.yml', MINIMAL);
    write('tls.crt', SERVER.cert);
    write('tls.key', SERVER.key);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are read from beside it', async () => {
    expect((await readWebFile(file)).tls?.secure).toMatchObject(SERVER);
  });

  it('may be in it', async () => {
    const indented = ({ key, cert }: typeof SERVER): string =>
      `tls_server_config:\n${[`cert: |\n${cert}`, `key: |\n${key}`]
        .map((text) => `  ${text.replaceAll(/\n(?!$)/g, '\n    ')}`)
        .join('')}`;
    write('web.yml', indented(SERVER));
    expect((await readWebFile(file)).tls?.secure).toMatchObject(SERVER);
  });

  it.each([
    ['a key of another certificate', 'tls.key', OTHER.key, /key values mismatch.*tls.crt.*tls.key/],
    ['no certificate', 'tls.crt', 'x', /Cannot use the certificate of cert_file in .*web.yml:1/],
    ['nothing', 'tls.key', '\n', /Cannot use key_file in .*web.yml:1: it is empty.*tls.key/],
  ])('cannot be %s', async (_what, name, text, why) => {
    write(name, text);
    await expect(readWebFile(file)).rejects.toThrow(why);
  });

  it('must be there, and be authorities where those are named', async () => {
    rmSync(join(folder, 'tls.key'));
    await expect(readWebFile(file)).rejects.toThrow(/Cannot read key_file in .*ENOENT.*tls.key/);
    write('tls.key', SERVER.key);
    const more = 'client_auth_type: RequestClientCert, client_ca_file: ca.crt';
    write('web.yml', MINIMAL.replace(' }', `, ${more} }`));
    for (const text of ['nothing', SERVER.cert.replaceAll(/[a-m]/g, 'A')]) {
      write('ca.crt', text);
      await expect(readWebFile(file)).rejects.toThrow(/Cannot use client_ca_file in .*ca.crt/);
    }
    write('ca.crt', SERVER.cert + OTHER.cert);
    expect((await readWebFile(file)).tls?.secure.ca).toBe(SERVER.cert + OTHER.cert);
  });

  it('are read again as a volume of Kubernetes swaps them; what is bad is told once, and good again told', async () => {
    const version = (name: string, { cert, key }: typeof SERVER): void => {
      mkdirSync(join(folder, name));
      write(`${name}/tls.crt`, cert);
      write(`${name}/tls.key`, key);
      symlinkSync(name, join(folder, '..next'));
      renameSync(join(folder, '..next'), join(folder, '..data'));
    };
    version('..1', SERVER);
    write(
      'web.yml',
      MINIMAL.replaceAll('tls.', '..data/tls.').replaceAll('_file: ..data', '_file: ./..data'),
    );
    const config = await readWebFile(file);
    const heard: (WebConfig | Error)[] = [];
    const abort = new AbortController();
    const tell = (what: WebConfig | Error): unknown => heard.push(what);
    const { signal } = abort;
    const watching = watchWebFile({
      file,
      config,
      everyMs: 10,
      onConfig: tell,
      onError: tell,
      signal,
    });

    version('..2', OTHER);
    await until('the new one', () => heard.length === 1);
    expect((heard[0] as WebConfig).tls?.secure).toMatchObject(OTHER);

    version('..3', { cert: SERVER.cert, key: OTHER.key });
    await until('the bad one', () => heard.length === 2);
    expect(String(heard[1])).toMatch(/key values mismatch/);

    version('..4', SERVER);
    await until('the good one', () => heard.length === 3);
    expect((heard[2] as WebConfig).tls?.secure).toMatchObject(SERVER);

    write('web.yml', 'basic_auth_users: { a: x }');
    await until('the other bad one', () => heard.length === 4);
    abort.abort();
    await watching;
    expect(heard).toHaveLength(4);
  });
});
