import { Program } from '../program.ts';
import type { ImageStore } from './store.ts';

/**
 * The restrictions in the manifests, and stricter ones: no capabilities, no writable files, few
 * files and processes.
 */
const HARDENED = [
  '--read-only',
  '--read-only-tmpfs=false',
  '--cap-drop=all',
  '--security-opt=no-new-privileges',
  '--ulimit=nofile=1024:1024',
  '--ulimit=nproc=1000:1000',
];

/**
 * Runs an image like `docker run`, with the user and the entry point of the image, on the machine's
 * own network, where the servers of the tests are. `kubeconfig`: a file on this machine that any
 * user may read.
 */
export function runImage(
  store: ImageStore,
  image: string,
  { name, kubeconfig, args }: { name: string; kubeconfig: string; args: readonly string[] },
): Promise<Program> {
  const podman = [
    'podman',
    'run',
    '--rm',
    `--name=${name}`,
    // Replaces the container of an earlier run that was killed.
    '--replace',
    // Debian's default, crun, does not run next to cgroups of both versions.
    '--runtime=runc',
    '--cgroup-manager=cgroupfs',
    '--network=host',
    '--log-driver=none',
    ...HARDENED,
    `--volume=${kubeconfig}:/kubeconfig:ro`,
    image,
    '--kubeconfig=/kubeconfig',
  ];
  return Program.start(args, store.env, podman);
}
