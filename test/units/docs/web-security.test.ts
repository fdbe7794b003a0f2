import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWebYaml } from '../../../src/config/web-yaml.ts';
import { selfSigned } from '../../../src/demo/certificate.ts';
import {
  LIMITS,
  MOST_CONNECTIONS,
  MOST_PER_ADDRESS,
  MOST_SCRAPES,
} from '../../../src/http/limits.ts';
import { MOST_WAITING } from '../../../src/http/passwords.ts';
import { leftOut, promtool, withoutPromtool } from '../../lab/promtool.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/web-security.md'), 'utf8');
const [, example = ''] = /```yaml\n(tls_server_config:[\s\S]*?)```/.exec(page) ?? [];

describe('docs/web-security.md', () => {
  it('has the limits that hold', () => {
    const { bodyLimit, requestTimeout, connectionTimeout, keepAliveTimeout, http } = LIMITS;
    for (const row of [
      `connections | ${MOST_CONNECTIONS} |`,
      `connections of one address | ${MOST_PER_ADDRESS} |`,
      `headers together | ${http.maxHeaderSize / 1024} KiB |`,
      `body | ${bodyLimit / 1024} KiB;`,
      `headers complete | ${http.headersTimeout / 1000} s each |`,
      `whole request | ${requestTimeout / 1000} s |`,
      `both directions | ${connectionTimeout / 1000} s |`,
      `two requests | ${keepAliveTimeout / 1000} s |`,
      `scrapes at once | ${MOST_SCRAPES}, of 60 s`,
      `at most ${MOST_WAITING} checks wait`,
    ]) {
      expect([row, page.includes(row)]).toEqual([row, true]);
    }
  });

  it('has an example that we read', () => {
    const { tls, users } = readWebYaml(example, 'example');
    expect([tls?.clientAuth, [...users.keys()]]).toEqual([
      'VerifyClientCertIfGiven',
      ['prometheus'],
    ]);
  });
});

describe.skipIf(withoutPromtool)(`its example${leftOut}`, () => {
  it('is right for Prometheus, too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'web-security-'));
    try {
      const { cert, key } = selfSigned();
      const files = { 'web.yml': example, 'tls.crt': cert, 'tls.key': key, 'ca.crt': cert };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
      const { status, output } = promtool('check', 'web-config', join(folder, 'web.yml'));
      expect([status, output]).toEqual([0, expect.stringContaining('SUCCESS')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
