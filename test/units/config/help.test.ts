import { describe, expect, it } from 'vitest';
import { COMMANDS, MONITOR } from '../../../src/config/commands.ts';
import { helpText } from '../../../src/config/help.ts';
import { flagOf, GROUPS } from '../../../src/config/options.ts';

describe('helpText', () => {
  it('tells of every group and option, with its default', () => {
    const text = helpText({ logLevel: 'warn' });
    for (const group of GROUPS.filter((name) => !['Check', 'Rules'].includes(name)))
      expect(text).toContain(`\n${group}:\n`);
    for (const name of MONITOR.options) expect(text).toContain(`--${flagOf(name)}=`);
    expect(text).toContain('Default: 30s');
    expect(text).toContain('Default: warn');
    expect(text).not.toContain('Default: info');
  });

  it('tells of each command those options that it takes, and no other', () => {
    for (const command of COMMANDS) {
      const told = [...helpText({}, command).matchAll(/^ {2}(?:-\w, )?--([a-z.-]+)=/gm)];
      expect(told.map(([, flag]) => flag).sort()).toEqual(command.options.map(flagOf).sort());
    }
  });
});
