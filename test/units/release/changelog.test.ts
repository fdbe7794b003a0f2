import { describe, expect, it } from 'vitest';
import {
  mentions,
  notesOf,
  unreleased,
  withAdded,
  withRelease,
} from '../../../release/changelog.ts';

const CHANGELOG = `# Changelog

## Unreleased

### Added

- \`--shard\` and \`--total-shards\`.

### Removed

- The verdict \`flaky\`.

## [0.1.0] - 2026-01-31

### Added

- \`--interval\`.
`;

describe('the changelog', () => {
  it('tells by heading what is not released yet', () => {
    expect([...unreleased(CHANGELOG)]).toEqual([
      ['Added', '- `--shard` and `--total-shards`.'],
      ['Removed', '- The verdict `flaky`.'],
    ]);
  });

  it('takes additions behind those that it has, or under a heading that it lacks', () => {
    expect(withAdded(CHANGELOG, ['New.', 'Newer.'])).toBe(
      CHANGELOG.replace('`--total-shards`.\n', '`--total-shards`.\n- New.\n- Newer.\n'),
    );
    const bare = '## Unreleased\n\n## [0.1.0] - 2026-01-31\n';
    expect(withAdded(bare, ['New.'])).toBe(
      '## Unreleased\n\n### Added\n\n- New.\n\n## [0.1.0] - 2026-01-31\n',
    );
    expect(withAdded(bare, [])).toBe(bare);
  });

  it('gives what is unreleased to a version, and keeps the rest', () => {
    const after = withRelease(CHANGELOG, '0.2.0', '2026-02-28');
    expect(after).toContain('## Unreleased\n\n## [0.2.0] - 2026-02-28\n\n### Added\n\n- `--shard`');
    expect(after).toContain('## [0.1.0] - 2026-01-31');
    expect([...unreleased(after)]).toEqual([]);
    expect(notesOf(CHANGELOG)).toMatch(/^### Added[\s\S]*`flaky`\.$/);
  });

  it.each([
    [
      'nothing under it',
      '# Changelog\n\n## Unreleased\n\n## [0.1.0] - 2026-01-31\n',
      /says nothing/,
    ],
    ['no section', '# Changelog\n', /no section "## Unreleased"/],
    ['a section that only looks so', '# Changelog\n\n## Unreleased things\n\n- x\n', /no section/],
  ])('refuses %s', (_what, text, error) => {
    expect(() => withRelease(text, '0.2.0', '2026-02-28')).toThrow(error);
  });
});

describe('a name is mentioned', () => {
  it.each([
    ['`--shard`', '--shard', true],
    ['`--shard=<number>` and more', '--shard', true],
    ['`externalname_service_up{service="db"}`', 'externalname_service_up', true],
    ['`verdict="degraded"`', 'degraded', true],
    ['`--total-shards`', '--shards', false],
    ['`--shard-of`', '--shard', false],
    ['`degraded_since`', 'degraded', false],
    ['it is degraded, not `healthy`', 'degraded', false],
    ['`externalname-monitor/interval`', 'externalname-monitor/interval', true],
    ['', '--shard', false],
  ])('in %s: %s', (text, name, expected) => {
    expect(mentions(text, name)).toBe(expected);
  });
});
