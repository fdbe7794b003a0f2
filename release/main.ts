/** `npm run release -- <version>`: see docs/releasing.md. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plan } from './files.ts';
import {
  buildCommands,
  type Command,
  type ImageSpec,
  pushCommand,
  TOOLS,
  type Tool,
} from './image.ts';
import { surface } from './surface.ts';

const ROOT = join(import.meta.dirname, '..');
const IMAGE = 'ghcr.io/externalname-monitor/externalname-monitor';

const HELP = `npm run release -- <version> [options]
  --dry-run         checks everything, and says what would be done
  --push            the commit, the tag and the image, too; nothing leaves this machine without it
  --no-image        no image
  --image=<name>    its name; ${IMAGE} if not given
  --tool=<tool>     ${TOOLS.join(' or ')}, which builds it; the first of them that is there if not given
`;

interface Wishes {
  readonly version: string;
  readonly isDry: boolean;
  readonly push: boolean;
  /** Absent if no image is wanted. */
  readonly image?: { readonly name: string; readonly tool: Tool };
}

try {
  const wishes = readWishes();
  if (wishes) release(wishes);
  else say(HELP.trimEnd());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** @throws Error for invalid arguments */
function readWishes(): Wishes | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'dry-run': { type: 'boolean', default: false },
      push: { type: 'boolean', default: false },
      image: { type: 'string', default: IMAGE },
      'no-image': { type: 'boolean', default: false },
      tool: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [version = ''] = positionals;
  if (positionals.length !== 1) {
    throw new Error(`Cannot release: give one version, got ${positionals.join(' ') || 'none'}`);
  }
  const { push, image: name } = values;
  const rest = { version, push, isDry: values['dry-run'] };
  return values['no-image'] ? rest : { ...rest, image: { name, tool: toolOf(values.tool) } };
}

function release({ version, isDry, push, image }: Wishes): void {
  const dirty = output('git', 'status', '--porcelain');
  if (dirty !== '') {
    throw new Error(`Cannot release: the checkout must be as committed, got\n${dirty}`);
  }
  const tag = `v${version}`;
  const tags = output('git', 'tag', '--list', 'v*').split('\n').filter(Boolean);
  if (tags.includes(tag)) {
    throw new Error(`Cannot release: that version is there, choose another, got tag ${tag}`);
  }
  const day = new Date().toISOString().slice(0, 10);
  const { files, notes } = plan(ROOT, { version, day }, surface(), tags.length === 0);

  const perform = (what: string, action: () => void): void => {
    say(`${isDry ? 'would ' : ''}${what}`);
    if (!isDry) action();
  };
  const run = (...[program, ...args]: Command): void =>
    // The message of a tag has many lines.
    perform(`run ${[program, ...args].join(' ').replace(/\n[\s\S]*\n/, ' … ')}`, () => {
      execFileSync(program, args, { cwd: ROOT, stdio: 'inherit' });
    });

  for (const [path, text] of files)
    perform(`write ${path}`, () => writeFileSync(join(ROOT, path), text));
  // After the version change, because the bundle and its bill of materials contain the version.
  run('npm', 'run', 'check');
  run('git', 'commit', '--all', '--message', `Release ${version}`);
  const spec = image && { ...labelsOf(isDry, version), name: image.name };
  if (spec) for (const command of buildCommands(image.tool, spec)) run(...command);
  run('git', 'tag', '--annotate', '--cleanup=verbatim', '--message', `${tag}\n\n${notes}`, tag);
  if (push) {
    // First, so that everyone who sees the tag finds the image in its manifests.
    if (spec) run(...pushCommand(image.tool, spec));
    run('git', 'push', '--atomic', 'origin', 'HEAD', tag);
  }
  say(`The bill of materials is dist/sbom.cdx.json${push ? '' : '; nothing is pushed'}`);
}

/** Labels from the commit that was just made. */
function labelsOf(isDry: boolean, version: string): Omit<ImageSpec, 'name'> {
  if (isDry) return { version, revision: '<the commit>', created: '<its time>' };
  const seconds = Number(output('git', 'log', '-1', '--format=%ct'));
  const created = new Date(seconds * 1000).toISOString();
  return { version, revision: output('git', 'rev-parse', 'HEAD'), created };
}

/** @throws Error if there is no tool */
function toolOf(wanted: string | undefined): Tool {
  const tools = TOOLS.filter((tool) => wanted === undefined || tool === wanted);
  const found = tools.find((tool) => {
    const { status } = spawnSync(tool, ['--version'], { stdio: 'ignore' });
    return status === 0;
  });
  if (found) return found;
  throw new Error(
    `Cannot build the image: it takes ${TOOLS.join(' or ')}, or --no-image, got ${wanted ?? 'neither'}`,
  );
}

function output(program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd: ROOT, encoding: 'utf8' }).trim();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
