import { describe, expect, it } from 'vitest';
import { CHECK, COMPLETION, DEMO, EXPLAIN, MONITOR } from '../../../src/config/commands.ts';
import { parseOptions } from '../../../src/config/parse.ts';
import { UsageError } from '../../../src/config/values.ts';
import { readYaml } from '../../../src/config/yaml.ts';

async function parse(args: readonly string[], command = CHECK, env: Record<string, string> = {}) {
  const invocation = await parseOptions(args, env, {}, command);
  if (invocation.print !== undefined) throw new Error(`Cannot test: got ${invocation.print}`);
  return invocation;
}

describe('the options of a command', () => {
  it('may be between its words', async () => {
    const { words, options, flags } = await parse(['shop/db', '--fail-on=critical', 'shop/cache']);
    expect(words).toEqual(['shop/db', 'shop/cache']);
    expect(options.failOn).toBe('critical');
    expect([...flags]).toEqual(['failOn']);
  });

  it.each([[['-f', 'a.yaml']], [['-fa.yaml']], [['--file=a.yaml']], [['--file', 'a.yaml']]])(
    'take a file as %j',
    async (args) => {
      expect((await parse(args)).options.file).toEqual(['a.yaml']);
    },
  );

  it('add up where they may be given several times', async () => {
    const { options, words } = await parse(['-f', 'a,b.yaml', '-f', '-', 'c.yaml']);
    expect(options.file).toEqual(['a,b.yaml', '-']);
    expect(words).toEqual(['c.yaml']);
  });

  it.each([
    [MONITOR, '--all', 'it is no option of the monitor (--help=all lists them), got "--all"'],
    [DEMO, '-f', 'it is no option of demo (--help=all lists them), got "-f"'],
    [CHECK, '--listen=:1', 'it is no option of check (--help=all lists them), got "--listen"'],
    [CHECK, '--fail-one=info', 'no such option (did you mean --fail-on?), got "--fail-one"'],
    [
      EXPLAIN,
      '--output=json',
      'it is no option of explain (--help=all lists them), got "--output"',
    ],
    [COMPLETION, '-x', 'no such option (--help=all lists them), got "-x"'],
    [MONITOR, 'chekc', 'did you mean check?, got "chekc"'],
    [DEMO, 'check', 'demo takes options only, as --name=value, got "check"'],
  ])('are refused where they are not its own: %#', async (command, arg, message) => {
    await expect(parse([arg], command)).rejects.toThrow(
      new UsageError(`Cannot read the command line: ${message}`),
    );
  });

  it.each([
    ['--fail-on=never', 'Cannot use --fail-on: it must be one of info, warning, critical'],
    ['--output=xml', 'Cannot use --output: it must be one of table, json, junit, got "xml"'],
    ['--default-namespace=A', 'it must be the name of a namespace, got "A"'],
    ['--dns=dns.example', 'Cannot use --dns: each must be an IP address'],
    ['--file=', 'Cannot use --file: it must not be empty, got ""'],
  ])('are refused with a bad value: %s', async (arg, message) => {
    await expect(parse([arg])).rejects.toThrow(message);
  });

  it('that say what to do are flags only', async () => {
    await expect(parse([], CHECK, { EXTERNALNAME_MONITOR_ALL: 'true' })).rejects.toThrow(
      'no such option',
    );
    expect(() => readYaml('file: a', 'F')).toThrow('no such option');
    // What check is told beside that may stand in the file which the monitor reads, too.
    expect(readYaml('fail-on: info', 'F').settings.get('failOn')?.text).toBe('info');
    const env = { EXTERNALNAME_MONITOR_FAIL_ON: 'info' };
    expect((await parse([], MONITOR, env)).options.failOn).toBe('info');
  });

  it('--dns=none is no server', async () => {
    expect((await parse(['--dns=none'])).options.dns).toEqual([]);
  });
});
