/**
 * Prometheus itself scrapes the program over TLS, with a client certificate and a user, while all
 * of these change.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../../src/demo/certificate.ts';
import { Daemon } from '../lab/cluster/daemon.ts';
import { freePort } from '../lab/cluster/ports.ts';
import { until } from '../lab/cluster/until.ts';
import { Program } from '../lab/program.ts';
import { leftOut, withoutPromtool } from '../lab/promtool.ts';

const folder = mkdtempSync(join(tmpdir(), 'web-security-'));
const path = (name: string): string => join(folder, name);
const write = (name: string, text: string): void => writeFileSync(path(name), text);

function writeServer({ cert, key }: ReturnType<typeof selfSigned>): void {
  write('tls.crt', cert);
  write('tls.key', key);
}

const writeWeb = (password: string): void =>
  write(
    'web.yml',
    `tls_server_config:
  cert_file: tls.crt
  key_file: tls.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: client.crt
  client_allowed_sans: [localhost]
basic_auth_users:
  prometheus: ${hashSync(password, 10)}
`,
  );

interface Target {
  readonly scrapePool: string;
  readonly health: string;
  readonly lastError: string;
}

describe.skipIf(withoutPromtool)(`Prometheus${leftOut}`, () => {
  let monitor: Program;
  let prometheus: Daemon;
  let api: string;

  const targets = async (): Promise<Record<string, Target>> => {
    const reply = await fetch(`${api}/api/v1/targets`);
    const { data } = (await reply.json()) as { data: { activeTargets: Target[] } };
    return Object.fromEntries(data.activeTargets.map((target) => [target.scrapePool, target]));
  };
  const health = async (pool: string): Promise<string | undefined> =>
    (await targets())[pool]?.health;

  beforeAll(async () => {
    const client = selfSigned();
    write('client.crt', client.cert);
    write('client.key', client.key);
    const server = selfSigned();
    writeServer(server);
    write('ca.crt', server.cert);
    write('password', 'first');
    write('wrong', 'wrong');
    writeWeb('first');
    monitor = await Program.start([
      'demo',
      '--listen=127.0.0.1:0',
      '--log-level=info',
      `--web.config.file=${path('web.yml')}`,
    ]);
    const job = (name: string, password: string, more: object): object => ({
      job_name: name,
      scheme: 'https',
      tls_config: { ca_file: path('ca.crt'), server_name: 'localhost', ...more },
      basic_auth: { username: 'prometheus', password_file: path(password) },
      static_configs: [{ targets: [new URL(monitor.url).host] }],
    });
    const certificate = { cert_file: path('client.crt'), key_file: path('client.key') };
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [
        job('right', 'password', certificate),
        job('wrong password', 'wrong', certificate),
        job('no certificate', 'password', {}),
      ],
    };
    // JSON is YAML.
    write('prometheus.yml', JSON.stringify(config));
    const port = await freePort();
    api = `http://127.0.0.1:${port}`;
    prometheus = new Daemon({
      name: 'prometheus',
      command: 'prometheus',
      args: [
        `--config.file=${path('prometheus.yml')}`,
        `--storage.tsdb.path=${path('data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      ready: async () => (await fetch(`${api}/-/ready`)).ok,
    });
    await prometheus.start();
  });

  afterAll(async () => {
    await prometheus?.stop();
    await monitor?.stop();
    rmSync(folder, { recursive: true });
  });

  it('gets in with its certificate and password, and with nothing less', async () => {
    await until('a scrape', async () => (await health('right')) === 'up', { deadlineMs: 30_000 });
    await until(
      'the other two refused',
      async () => {
        const { 'wrong password': wrong, 'no certificate': none } = await targets();
        return wrong?.lastError.includes('401') && none?.lastError.includes('certificate required');
      },
      { deadlineMs: 30_000 },
    );
    expect(await health('wrong password')).toBe('down');
    expect(await health('no certificate')).toBe('down');
  });

  it('is let in again when certificate and password have changed, without a restart', async () => {
    const server = selfSigned();
    writeServer(server);
    writeWeb('second');
    await until('the old ones refused', async () => (await health('right')) === 'down', {
      deadlineMs: 30_000,
    });
    write('ca.crt', server.cert);
    write('password', 'second');
    await until('a scrape', async () => (await health('right')) === 'up', { deadlineMs: 30_000 });
    expect(monitor.stdout).toContain('web configuration reloaded');
  });

  it('goes on when the file turns bad, and sees that it has', async () => {
    write('web.yml', 'basic_auth_users: { prometheus: second }');
    const query = 'externalname_config_last_reload_successful{job="right"} == 0';
    await until(
      'the metric at 0',
      async () => {
        const reply = await fetch(`${api}/api/v1/query?query=${encodeURIComponent(query)}`);
        const { data } = (await reply.json()) as { data: { result: unknown[] } };
        return data.result.length === 1;
      },
      { deadlineMs: 30_000 },
    );
    expect(await health('right')).toBe('up');
    expect(monitor.stdout).toContain('it must be a bcrypt hash');
    expect(monitor.stdout).not.toContain('"second"');
  });
});

it('a file that cannot be used ends the program at its start', async () => {
  const bad = mkdtempSync(join(tmpdir(), 'web-security-'));
  const file = join(bad, 'web.yml');
  writeFileSync(file, 'basic_auth_user: {}\n');
  const program = new Program(['demo', '--listen=127.0.0.1:0', `--web.config.file=${file}`]);
  expect(await program.ended()).toBe(2);
  expect(program.stderr).toMatch(/did you mean basic_auth_users\?/);
  rmSync(bad, { recursive: true });
});
