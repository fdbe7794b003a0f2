/** kubectl with its kustomize, run like by a user who installs the monitor. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { asset } from '../lab/cluster/assets.ts';
import type { Cluster, KubeObject } from '../lab/cluster/index.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The output; warnings of the API server are on stderr. */
export interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not synchronous, because its path to the API server is a link in this process. */
export function kubectl(
  { kubeconfig }: Pick<Cluster, 'kubeconfig'>,
  args: readonly string[],
  input = '',
): Promise<Printed> {
  return run([`--kubeconfig=${kubeconfig}`, ...args], input);
}

/**
 * `kubectl apply --server-side -k` for a folder of the repository or an overlay; returns its output
 * for each object.
 */
export async function apply(cluster: Cluster, folder: string): Promise<string[]> {
  const args = ['apply', '--server-side', '-k', resolve(ROOT, folder)];
  const { status, stdout, stderr } = await kubectl(cluster, args);
  if (status !== 0 || stderr !== '') throw new Error(`Cannot apply ${folder}: got ${stderr}`);
  return stdout.trim().split('\n').sort();
}

/** The objects that kustomize builds from a folder of the repository, or from an overlay. */
export async function build(folder: string): Promise<KubeObject[]> {
  const { status, stdout, stderr } = await run(['kustomize', resolve(ROOT, folder)]);
  if (status !== 0) throw new Error(`Cannot build ${folder}: got ${stderr}`);
  return parseAllDocuments(stdout).map((each) => each.toJS() as KubeObject);
}

/** Runs `use` with an overlay of these components over the base, like a user's. */
export function withOverlay<T>(
  components: readonly string[],
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const kustomization = {
    resources: ['../manifests/base'],
    components: components.map((name) => `../manifests/components/${name}`),
  };
  // JSON is YAML.
  const files = { 'overlay/kustomization.yaml': JSON.stringify(kustomization) };
  return withFiles(files, (root) => use(`${root}/overlay`));
}

/**
 * Runs `use` with a folder that has these files by path, next to the `manifests` of the repository.
 */
export async function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'externalname-monitor-overlay-'));
  try {
    await symlink(join(ROOT, 'manifests'), join(root, 'manifests'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function run(args: readonly string[], input = ''): Promise<Printed> {
  return new Promise((resolve) => {
    const child = execFile(
      asset('kubectl'),
      args,
      { maxBuffer: 2 ** 26 },
      (error, stdout, stderr) =>
        resolve({
          status: typeof error?.code === 'number' ? error.code : error ? -1 : 0,
          stdout,
          stderr,
        }),
    );
    child.stdin?.end(input);
  });
}
