/**
 * How the image is built with each tool. It returns only command lines, so that tests can read
 * them.
 */

export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Both read the Dockerfile; buildah needs no daemon. */
export const TOOLS = ['docker', 'buildah'] as const;
export type Tool = (typeof TOOLS)[number];

export interface ImageSpec {
  /** With registry, without tag: `ghcr.io/owner/name`. */
  readonly name: string;
  readonly version: string;
  /** The commit. */
  readonly revision: string;
  /** RFC 3339; the time of the commit, so that the same commit has the same labels. */
  readonly created: string;
}

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/**
 * The architecture of this machine, in the words of images.
 *
 * @throws Error if there is no image for it
 */
export function hostArchitecture(arch: string = process.arch): Architecture {
  const name = arch === 'x64' ? 'amd64' : arch;
  const known = ARCHITECTURES.find((word) => word === name);
  if (known) return known;
  throw new Error(`Cannot build an image: it is for ${ARCHITECTURES.join(' or ')}, got ${arch}`);
}

export function referenceOf({ name, version }: ImageSpec): string {
  return `${name}:${version}`;
}

/** Builds one image for all architectures, under one name, and keeps it locally. */
export function buildCommands(tool: Tool, spec: ImageSpec): Command[] {
  const reference = referenceOf(spec);
  if (tool === 'docker') {
    // docker's own store may not support an image of several architectures; a file does.
    return [dockerCommand(spec, `--output=type=oci,dest=dist/image-${spec.version}.tar`)];
  }
  return [
    // Fails if an earlier attempt left a manifest list, because its images would stay next to the
    // new ones.
    ['buildah', 'manifest', 'create', reference],
    ...ARCHITECTURES.map((arch) => buildahCommand(spec, arch, [`--manifest=${reference}`])),
  ];
}

/** Pushes the built image to its registry. */
export function pushCommand(tool: Tool, spec: ImageSpec): Command {
  const reference = referenceOf(spec);
  // All steps are in docker's cache by then.
  if (tool === 'docker') return dockerCommand(spec, '--push');
  return ['buildah', 'manifest', 'push', '--all', reference, `docker://${reference}`];
}

/**
 * Builds the image of one architecture. The architectures are built one by one, because buildah
 * 1.28 mixes up the stages of several. `more`: the destination, and extra arguments for this
 * machine.
 */
export function buildahCommand(
  spec: ImageSpec,
  arch: Architecture,
  more: readonly string[],
): Command {
  return [
    'buildah',
    'build',
    '--layers',
    `--platform=linux/${arch}`,
    // docker sets it; buildah 1.28 leaves it empty, and would build the bundle under emulation.
    `--build-arg=BUILDPLATFORM=linux/${hostArchitecture()}`,
    ...labelArgs(spec),
    // Repeated here: buildah 1.28 takes the label of the Dockerfile from its cache, even if the
    // arguments have changed.
    `--label=org.opencontainers.image.version=${spec.version}`,
    `--label=org.opencontainers.image.revision=${spec.revision}`,
    `--label=org.opencontainers.image.created=${spec.created}`,
    ...more,
    '.',
  ];
}

function dockerCommand(spec: ImageSpec, output: string): Command {
  return [
    'docker',
    'buildx',
    'build',
    `--platform=${ARCHITECTURES.map((arch) => `linux/${arch}`).join(',')}`,
    ...labelArgs(spec),
    `--tag=${referenceOf(spec)}`,
    output,
    '.',
  ];
}

function labelArgs({ version, revision, created }: ImageSpec): string[] {
  return [
    `--build-arg=VERSION=${version}`,
    `--build-arg=REVISION=${revision}`,
    `--build-arg=CREATED=${created}`,
  ];
}
