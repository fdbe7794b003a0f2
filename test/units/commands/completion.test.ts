import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, SHELLS } from '../../../src/config/commands.ts';
import { completionScript } from '../../../src/config/completion.ts';
import { flagOf, optionOf } from '../../../src/config/options.ts';
import { explanations } from '../../../src/views/explain.ts';
import { runCommand } from '../../fixtures/command.ts';

const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  writeFileSync(join(folder, 'my services.yaml'), '');
  for (const shell of SHELLS) {
    const { stdout } = await runCommand(['completion', shell]);
    writeFileSync(join(folder, shell), stdout);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How a shell is started as at a terminal, without its owner's settings, and what it needs before it completes. */
const AT_TERMINAL = {
  bash: { start: 'bash --norc --noprofile -i', before: [] },
  zsh: { start: 'zsh -f -i', before: ['autoload -Uz compinit; compinit -u -D'] },
} as const;

/** What reaches the program when this is typed into a shell at a terminal, TABs and all. */
function typed(shell: keyof typeof AT_TERMINAL, lines: readonly string[]): string[] {
  const { start, before } = AT_TERMINAL[shell];
  const input = [
    'PS1=; externalname-monitor() { printf "GOT:"; printf "<%s>" "$@"; echo; }',
    ...before,
    `source ${join(folder, shell)}`,
    `cd ${folder}`,
    ...lines.map((line) => `externalname-monitor ${line}`),
    'exit',
  ];
  const { stdout } = spawnSync('script', ['-qec', start, '/dev/null'], {
    input: `${input.join('\n')}\n`,
    encoding: 'utf8',
    env: { ...process.env, TERM: 'dumb' },
  });
  return [...stdout.matchAll(/^GOT:(.*?)\r?$/gm)].map(([, words = '']) => words);
}

describe.skipIf(!isThere('bash') || !isThere('script'))('completion in bash', () => {
  it('completes commands, options, values, words and files', () => {
    const cases: Readonly<Record<string, string>> = {
      'ch\t--outp\tjs\t': '<check><--output=json>',
      'check --outp\tju\t--al\tshop/db': '<check><--output=junit><--all><shop/db>',
      'check --fail-on crit\t': '<check><--fail-on><critical>',
      '--log-le\tde\t': '<--log-level=debug>',
      '--discover-dns-pods=t\t': '<--discover-dns-pods=true>',
      'check --help=\t': '<check><--help=all>',
      'dem\t--inter\t1s': '<demo><--interval=1s>',
      'expl\ttarget_nx\t': '<explain><target_nxdomain>',
      'explain externalname_server\t': '<explain><externalname_server_up>',
      'compl\tzs\t': '<completion><zsh>',
      'check -f my\t': '<check><-f><my services.yaml>',
      'check --file=my\t': '<check><--file=my services.yaml>',
      'check -f x --output=table my\t': '<check><-f><x><--output=table><my services.yaml>',
      // What is no option of a command, or ambiguous, stays as it was typed.
      'check --list\t': '<check><--list>',
      '--fail\t': '<--fail>',
      'check --d\t': '<check><--d>',
    };
    expect(typed('bash', Object.keys(cases))).toEqual(Object.values(cases));
  });
});

describe.skipIf(!isThere('zsh') || !isThere('script'))('completion in zsh', () => {
  it('completes commands, options, values and words', () => {
    const cases: Readonly<Record<string, string>> = {
      'ch\t--outp\tjs\t': '<check><--output=json>',
      'expl\ttarget_nx\t': '<explain><target_nxdomain>',
      'compl\tfi\t': '<completion><fish>',
      '--log-le\tde\t': '<--log-level=debug>',
    };
    expect(typed('zsh', Object.keys(cases))).toEqual(Object.values(cases));
  });
});

describe.skipIf(!isThere('fish'))('completion in fish', () => {
  it.each([
    ['ch', ['check']],
    ['check --outp', ['--output']],
    ['check --output=j', ['--output=json', '--output=junit']],
    ['explain target_nx', ['target_nxdomain']],
    ['completion zs', ['zsh']],
  ])('of "%s" offers %j', (typed, offered) => {
    const line = `source ${join(folder, 'fish')}; complete --do-complete "externalname-monitor ${typed}"`;
    const { stdout } = spawnSync('fish', ['--no-config', '--command', line], {
      encoding: 'utf8',
      env: { ...process.env, HOME: folder },
    });
    // A word, a tab, and what it means.
    expect(stdout.split('\n').flatMap((one) => one.split('\t')[0] || [])).toEqual(offered);
  });
});

describe('completion scripts', () => {
  it('have every command, every flag and every word', async () => {
    const words = (await explanations()).map(({ word }) => word);
    for (const shell of SHELLS) {
      const script = completionScript(shell, words);
      for (const { name, options } of COMMANDS) {
        expect(script).toContain(name);
        for (const option of options) {
          const flag = shell === 'fish' ? `-l ${flagOf(option)} ` : `--${flagOf(option)}`;
          expect(script).toContain(flag);
          for (const value of optionOf(option).words ?? []) expect(script).toContain(value);
        }
      }
      for (const word of words) expect(script).toContain(word);
    }
  });

  it.for(SHELLS)('are what %s can read', (shell, { skip }) => {
    skip(!isThere(shell), `there is no ${shell} here`);
    const { status, stderr } = spawnSync(shell, ['-n', join(folder, shell)], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    [['tcsh'], 'it must be one of bash, zsh, fish, got "tcsh"'],
    [[], 'it must be one of bash, zsh, fish, got ""'],
    [['bash', 'zsh'], 'one shell at a time, got "zsh"'],
  ])('of %j are refused with status 2', async (args, message) => {
    const { status, stderr } = await runCommand(['completion', ...args]);
    expect(status).toBe(2);
    expect(stderr).toBe(`externalname-monitor: Cannot write a completion script: ${message}\n`);
  });
});
