import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { describe, expect, it } from 'vitest';

const probe = join(import.meta.dirname, 'unreachable-probe.ts');
const ROUTES = [
  'ip link set lo up',
  'ip route add unreachable 10.96.0.10',
  'ip route add prohibit 10.96.0.11',
].join(' && ');

function inNamespace(script: string, ...args: string[]): { status: number | null; out: string } {
  const shell = ['--net', 'sh', '-c', `${ROUTES} && ${script}`, 'sh', ...args];
  const { status, stdout, stderr } = spawnSync('unshare', shell, { encoding: 'utf8' });
  return { status, out: stdout + stderr };
}

/** What came of the exchanges of A, of AAAA and of a later question. */
function asked(transport: string, servers: string, files = ''): string[][] {
  // Node.js reads the file of that variable on a thread of its own, and gives a descriptor back at the end.
  const script = 'unset NODE_EXTRA_CA_CERTS && ulimit -n 64 && exec "$@"';
  const { status, out } = inNamespace(script, execPath, probe, transport, servers, files);
  expect({ status, out }).toMatchObject({ status: 0 });
  return JSON.parse(out) as string[][];
}

// It takes root, or a kernel that lets us make a network namespace.
describe.skipIf(inNamespace('true').status !== 0)('a way that is closed', () => {
  it.each([
    ['udp', '10.96.0.10:53', 'EHOSTUNREACH'],
    ['udp', '10.96.0.11:53', 'EACCES'],
    ['udp', '203.0.113.1:53', 'ENETUNREACH'],
    ['udp', '[2001:db8::53]:53', 'ENETUNREACH'],
    ['udp', '127.0.0.1:53', 'ECONNREFUSED'],
    ['tcp', '10.96.0.10:53', 'EHOSTUNREACH'],
    ['tcp', '203.0.113.1:53', 'ENETUNREACH'],
    ['tcp', '127.0.0.1:53', 'ECONNREFUSED'],
  ])('over %s to %s is unreachable with its errno: %s', (transport, server, errno) => {
    const one = [`unreachable ${errno}`];
    expect(asked(transport, server)).toEqual([one, one, one]);
  });

  it('leads to the next server', () => {
    const both = ['unreachable EHOSTUNREACH', 'unreachable ECONNREFUSED'];
    expect(asked('udp', '10.96.0.10:53,127.0.0.1:53')).toEqual([both, both, both]);
  });

  it.each(['udp', 'tcp'])('also over %s without a file descriptor', (transport) => {
    const one = ['unreachable EMFILE'];
    expect(asked(transport, '127.0.0.1:53', 'exhausted')).toEqual([one, one, one]);
  });
});
