/** The release script in a checkout of its own, with containers and registries played by a script that writes down what it is told. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { leastAfter } from '../../../release/version.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FIRST = packageJson.version;
const NEXT = leastAfter(FIRST, [{ how: 'added', item: '' }]);

describe('npm run release', () => {
  let folder: string;
  let checkout: string;
  let upstream: string;
  let bin: string;
  let said: string;
  let start: string;

  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: checkout, encoding: 'utf8' }).trim();
  const read = (path: string): string => readFileSync(join(checkout, path), 'utf8');
  const write = (path: string, text: string): void => writeFileSync(join(checkout, path), text);
  const commit = (): string => git('commit', '--all', '--message', 'An edit');
  const heard = (): string => (existsSync(said) ? readFileSync(said, 'utf8') : '');
  const release = (...args: string[]): { status: number | null; out: string; err: string } => {
    const script = join(checkout, 'release/main.ts');
    const PATH = [bin, process.env.PATH].join(delimiter);
    // Most of a run is reading the sources.
    const env = { ...process.env, PATH, NODE_COMPILE_CACHE: join(folder, 'compiled') };
    const options = { cwd: checkout, encoding: 'utf8', env } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], options);
    return { status, out: stdout, err: stderr };
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
    [checkout, upstream, bin, said] = ['checkout', 'upstream', 'bin', 'said'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const files = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0');
    for (const file of files.filter((name) => name && existsSync(join(ROOT, name)))) {
      mkdirSync(dirname(join(checkout, file)), { recursive: true });
      cpSync(join(ROOT, file), join(checkout, file));
    }
    symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
    execFileSync('git', ['init', '--quiet', '--bare', upstream]);
    git('init', '--quiet', '--initial-branch=main');
    for (const [key, value] of Object.entries({ name: 'Test', email: 'test@example.test' }))
      git('config', `user.${key}`, value);
    writeFileSync(join(checkout, '.git/info/exclude'), 'node_modules\n');
    git('remote', 'add', 'origin', upstream);
    git('add', '--all');
    git('commit', '--quiet', '--message', 'All of it');
    start = git('rev-parse', 'HEAD');
    mkdirSync(bin);
    const player = `#!/bin/sh\necho "$(basename "$0") $*" >> ${said}\n`;
    for (const tool of ['docker', 'buildah'])
      writeFileSync(join(bin, tool), player, { mode: 0o755 });
    // All that it checks is checked elsewhere, and takes a minute.
    const npm = `#!/bin/sh\necho "npm $*" >> ${said}\n`;
    writeFileSync(join(bin, 'npm'), npm, { mode: 0o755 });
  });

  beforeEach(() => {
    git('reset', '--quiet', '--hard', start);
    git('clean', '--quiet', '--force', '-d');
    for (const tag of git('tag', '--list').split('\n').filter(Boolean)) git('tag', '--delete', tag);
    rmSync(said, { force: true });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes the version everywhere, builds, and tags with the notes; nothing is pushed', () => {
    const notes = /## Unreleased\n+([\s\S]*?)(?=\n## |$(?![\s\S]))/.exec(read('CHANGELOG.md'))?.[1];
    const { status, out, err } = release(NEXT, '--tool=buildah');
    expect([status, err]).toEqual([0, '']);
    expect(JSON.parse(read('package.json')).version).toBe(NEXT);
    expect(JSON.parse(read('package-lock.json')).packages[''].version).toBe(NEXT);
    const kustomization = read('manifests/base/kustomization.yaml');
    expect(kustomization).toContain(`newTag: ${NEXT}\n`);
    expect(kustomization).toContain(`app.kubernetes.io/version: ${NEXT}\n`);
    expect(read('CHANGELOG.md')).toMatch(
      new RegExp(`^## Unreleased\n\n## \\[${NEXT}\\] - \\d{4}-\\d\\d-\\d\\d\n`, 'm'),
    );
    expect(read('docs/public-surface.txt')).not.toMatch(/^[+-]/m);
    expect(git('status', '--porcelain')).toBe('');
    expect(git('log', '-1', '--format=%s')).toBe(`Release ${NEXT}`);
    expect(git('rev-list', '--count', `${start}..HEAD`)).toBe('1');
    expect(git('rev-parse', `v${NEXT}^{commit}`)).toBe(git('rev-parse', 'HEAD'));
    expect(git('tag', '--list', '--format=%(contents)', `v${NEXT}`)).toContain(notes?.trim());
    expect(heard()).toMatch(/^buildah --version\nnpm run check\nbuildah manifest create/);
    expect(heard()).toContain(`REVISION=${git('rev-parse', 'HEAD')}`);
    expect(heard()).toContain('--platform=linux/arm64');
    expect(heard()).not.toContain('push');
    expect(execFileSync('git', ['ls-remote', upstream], { encoding: 'utf8' })).toBe('');
    expect(out).toContain('nothing is pushed');
  });

  it('pushes the image and then the commit with its tag, if it is told to', () => {
    const { status, err } = release(FIRST, '--tool=docker', '--push', '--image=registry.test/m');
    expect([status, err.includes('error')]).toEqual([0, false]);
    expect(heard().trim().split('\n').at(-1)).toMatch(
      new RegExp(`^docker buildx build .*--tag=registry.test/m:${FIRST} --push \\.$`),
    );
    const remote = execFileSync('git', ['ls-remote', upstream], { encoding: 'utf8' });
    expect(remote).toContain(`refs/tags/v${FIRST}`);
    expect(remote).toContain(`${git('rev-parse', 'HEAD')}\trefs/heads/main`);
  });

  it('changes nothing in a dry run, and says what it would do', () => {
    const { status, out } = release(NEXT, '--dry-run', '--push');
    expect(status).toBe(0);
    for (const part of ['write package.json', 'npm run check', 'git tag', 'git push', '--push .'])
      expect(out).toContain(part);
    for (const line of out
      .trim()
      .split('\n')
      .filter((text) => /^run|^write/.test(text)))
      expect(line).toBe('');
    expect([git('rev-parse', 'HEAD'), git('status', '--porcelain')]).toEqual([start, '']);
    expect([git('tag', '--list'), heard().replaceAll(/^\w+ --version\n/gm, '')]).toEqual(['', '']);
  });

  describe('refuses', () => {
    const refused = (error: string, ...args: string[]): void => {
      const before = [git('rev-parse', 'HEAD'), git('tag', '--list'), git('status', '--porcelain')];
      const { status, err } = release(...args, '--no-image');
      expect([status, err]).toEqual([1, expect.stringContaining(error)]);
      expect([
        git('rev-parse', 'HEAD'),
        git('tag', '--list'),
        git('status', '--porcelain'),
      ]).toEqual(before);
      expect(heard()).toBe('');
    };

    it.each([
      ['no version', 'give one version, got none'],
      ['two', 'give one version, got 1.0.0 2.0.0', '1.0.0', '2.0.0'],
      ['what is no version', 'got v9', 'v9'],
      ['a lesser one', `it must be ${FIRST} at least`, '0.0.1'],
      ['an option that it has not', '--force', NEXT, '--force'],
    ])('%s', (_what, error, ...args) => refused(error, ...args));

    it('what is not committed', () => {
      write('src/new.ts', '');
      refused('got\n?? src/new.ts', NEXT);
    });

    it('a version that there is', () => {
      git('tag', `v${NEXT}`);
      refused(`got tag v${NEXT}`, NEXT);
    });

    it('the same version once there has been a release', () => {
      git('tag', 'v0.0.1');
      refused('at least, after', FIRST);
    });

    it('a changelog with nothing in it', () => {
      const empty = read('CHANGELOG.md').replace(
        /## Unreleased[\s\S]*?(?=\n## |$(?![\s\S]))/,
        '## Unreleased\n',
      );
      write('CHANGELOG.md', empty);
      // Nor has it to tell of anything public.
      const surface = read('docs/public-surface.txt').replaceAll(/^- .*\n/gm, '');
      write('docs/public-surface.txt', surface.replaceAll(/^\+ /gm, '  '));
      commit();
      refused('says nothing under "## Unreleased"', NEXT);
    });

    it('a surface that nobody has written down, or told of', () => {
      const options = read('src/config/options.ts');
      write('src/config/options.ts', options.replace("fallback: '30s'", "fallback: '31s'"));
      commit();
      git('tag', 'v0.0.1');
      refused('run `npm run surface`', NEXT);
      spawnSync(process.execPath, [join(checkout, 'release/surface-main.ts')]);
      commit();
      refused('option --interval was changed', NEXT);
    });
  });
});
