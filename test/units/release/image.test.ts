import { expect, test } from 'vitest';
import { buildCommands, hostArchitecture, pushCommand } from '../../../release/image.ts';

const SPEC = {
  name: 'registry.test/monitor',
  version: '1.2.3',
  revision: 'abc',
  created: '2026-01-31T00:00:00Z',
};

test.each(['docker', 'buildah'] as const)(
  '%s builds for both, with the labels, and pushes nothing',
  (tool) => {
    const commands = buildCommands(tool, SPEC).map((words) => words.join(' '));
    const builds = commands.filter((line) => / build /.test(line)).join('\n');
    for (const part of [
      'linux/amd64',
      'linux/arm64',
      'VERSION=1.2.3',
      'REVISION=abc',
      SPEC.created,
    ])
      expect(builds).toContain(part);
    for (const line of commands) {
      expect(line.startsWith(`${tool} `)).toBe(true);
      expect(line).not.toMatch(/push/);
    }
    expect(pushCommand(tool, SPEC).join(' ')).toMatch(/push.* /);
    expect(pushCommand(tool, SPEC).join(' ')).toContain('registry.test/monitor:1.2.3');
  },
);

test('an architecture without an image is refused by name', () => {
  expect(hostArchitecture('x64')).toBe('amd64');
  expect(() => hostArchitecture('s390x')).toThrow('got s390x');
});
