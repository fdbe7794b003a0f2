import { describe, expect, it } from 'vitest';
import { COMMANDS, MONITOR } from '../../../src/config/commands.ts';
import { fullHelpText, helpText } from '../../../src/config/help.ts';
import { flagOf, optionOf } from '../../../src/config/options.ts';

/** The usual size of a terminal. */
const SCREEN = { lines: 24, columns: 80 };

describe('helpText', () => {
  it.each(COMMANDS)('fits a screen, with a line left for the prompt: $name', (command) => {
    const lines = helpText({ listen: '127.0.0.1:9953' }, command).split('\n');
    // The text ends with a newline, and the prompt is on the line after it.
    expect(lines.length).toBeLessThanOrEqual(SCREEN.lines);
    expect(lines.filter((line) => line.length > SCREEN.columns)).toEqual([]);
  });

  it('has the most used options with their values and defaults, and says where the rest is', () => {
    const text = helpText({ interval: '1s' });
    const flags = [...text.matchAll(/^ {2}--([a-z-]+)=/gm)].map(([, flag]) => flag);
    const usual = MONITOR.options.filter((name) => optionOf(name).isUsual);
    expect(flags).toEqual(usual.map(flagOf));
    expect(text).toMatch(
      /^ {2}--interval=<duration> +Probe interval of a Service \(default 1s\)$/m,
    );
    expect(text).toMatch(/^ {2}--kubeconfig=<file> +Cluster and credentials$/m);
    expect(text).toContain(
      `\nAll ${MONITOR.options.length} options: externalname-monitor --help=all\n`,
    );
  });
});

describe('fullHelpText', () => {
  it('has every group and option, with its default', () => {
    const text = fullHelpText({ logLevel: 'warn' });
    const groups = new Set(MONITOR.options.map((name) => optionOf(name).group));
    for (const group of groups) expect(text).toContain(`\n${group}:\n`);
    for (const name of MONITOR.options) expect(text).toContain(`--${flagOf(name)}=`);
    expect(text).toContain('Default: 30s');
    expect(text).toContain('Default: warn');
    expect(text).not.toContain('Default: info');
  });

  it('has the options of each command, and no others', () => {
    for (const command of COMMANDS) {
      const listed = [...fullHelpText({}, command).matchAll(/^ {2}(?:-\w, )?--([a-z.-]+)=/gm)];
      expect(listed.map(([, flag]) => flag).sort()).toEqual(command.options.map(flagOf).sort());
    }
  });
});
