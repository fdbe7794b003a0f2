/**
 * Collects the licences of the code in a bundle. Most licences require that their text, with the
 * copyright lines, is distributed with the code. The list comes from the modules in the bundle, so
 * it contains no development tool and misses no indirect dependency.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface BundledPackage {
  name: string;
  version: string;
  /** SPDX; absent if the package does not state it. */
  license: string | undefined;
  author: string;
  directory: string;
}

const LEGAL_FILE = /^(licen[cs]e|copying|notice)([.-]|$)/i;

/** Helper functions that the bundler writes into every bundle. */
const BUNDLER_RUNTIME = '\0rolldown/';

/** For packages that state MIT but contain no licence text. */
const MIT_TEXT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

/** The packages of the bundled modules, by name and version, each once. */
export function packagesOf(moduleIds: readonly string[]): BundledPackage[] {
  const found = new Map<string, BundledPackage>();
  for (const id of moduleIds) {
    const path = pathOf(id);
    if (!path.includes('/node_modules/')) continue;
    const bundled = packageOf(path);
    found.set(`${bundled.name}@${bundled.version}`, bundled);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bundled]) => bundled);
}

/** @throws Error if a package has no licence text to distribute */
export function thirdPartyLicenses(packages: readonly BundledPackage[]): string {
  const sections = packages.map((bundled) => {
    const heading = `${bundled.name} ${bundled.version} (${bundled.license ?? 'see below'})`;
    return `${heading}\n${'-'.repeat(heading.length)}\n\n${legalText(bundled)}\n`;
  });
  return `This program contains code of the packages below.\n\n${sections.join('\n')}`;
}

/** The file of a module id: without a query such as `?commonjs-proxy`. */
function pathOf(id: string): string {
  if (id.startsWith(BUNDLER_RUNTIME)) return fileURLToPath(import.meta.resolve('rolldown'));
  return id.split('?')[0] ?? id;
}

function packageOf(modulePath: string): BundledPackage {
  let directory = dirname(modulePath);
  while (directory !== dirname(directory)) {
    const file = join(directory, 'package.json');
    const manifest: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
    // A nested package.json may contain only `"type": "commonjs"`; it is not the package's own.
    if (isManifest(manifest)) {
      return {
        name: manifest.name,
        version: manifest.version,
        license: typeof manifest.license === 'string' ? manifest.license : undefined,
        author: typeof manifest.author === 'string' ? manifest.author : 'the authors',
        directory,
      };
    }
    directory = dirname(directory);
  }
  throw new Error(`Cannot collect licences: no package.json above the module, got ${modulePath}`);
}

interface Manifest {
  name: string;
  version: string;
  license?: unknown;
  author?: unknown;
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === 'object' && value !== null && 'name' in value && 'version' in value;
}

function legalText({ name, version, license, author, directory }: BundledPackage): string {
  const texts = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && LEGAL_FILE.test(entry.name))
    .map((entry) => readFileSync(join(directory, entry.name), 'utf8').trim());
  if (texts.length > 0) return texts.join('\n\n');
  if (license === 'MIT') return `Copyright (c) ${author}\n\n${MIT_TEXT}`;
  throw new Error(
    `Cannot collect licences: ${name} ${version} ships no licence text, got ${license}`,
  );
}
