/**
 * Bundles the program into `dist/`, which runs on Node alone: no `node_modules`, no TypeScript.
 * Three entries, because a worker thread is a program of its own; what several use becomes a shared chunk.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OutputChunk, type Plugin, type RolldownOutput, rolldown } from 'rolldown';
import { packagesOf, thirdPartyLicenses } from './build-licenses.ts';
import { softwareBill } from './build-sbom.ts';
import packageJson from './package.json' with { type: 'json' };

const root = import.meta.dirname;
const dist = join(root, 'dist');
/** The NUL keeps it apart from every file. */
const WITHOUT_UNDICI = '\0without-undici';
const HTTP_BY_REQUIRE = '\0http-by-require.cjs';

/**
 * Makes `import … from 'node:http'` a require(). An import reads all that the module exports, also the getters that
 * load Node's own fetch and WebSocket, which nothing here uses: about 40 ms of CPU at each start.
 */
const httpByRequire: Plugin = {
  name: 'http-by-require',
  resolveId(source, _importer, { kind }) {
    const isHttp = source === 'node:http' || source === 'http';
    return isHttp && kind === 'import-statement' ? HTTP_BY_REQUIRE : null;
  },
  load: (id) => (id === HTTP_BY_REQUIRE ? "module.exports = require('node:http');" : null),
};

/**
 * client-node has a second way to the API server, by undici, which is a fifth of the bundle and half of the time that the
 * program needs to start; we go by its other one, for Node's own client (src/kubernetes/api.ts).
 */
const withoutUndici: Plugin = {
  name: 'without-undici',
  resolveId: (source) => (source === 'undici' ? WITHOUT_UNDICI : null),
  load: (id) =>
    id === WITHOUT_UNDICI ? 'export const Agent = null, ProxyAgent = null, fetch = null;' : null,
};

const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  input: {
    main: 'src/main.ts',
    worker: 'src/probe/worker.ts',
    'password-worker': 'src/http/password-worker.ts',
  },
  treeshake: {
    // Its entry re-exports every generated API and does not say that none has side effects:
    // without this the whole package, tens of megabytes of memory, comes along.
    moduleSideEffects: [{ test: /\/node_modules\/@kubernetes\/client-node\//, sideEffects: false }],
  },
  plugins: [httpByRequire, withoutUndici],
  onLog(level, log, handler) {
    // Left as warnings these become imports that only fail in the image.
    if (log.code === 'UNRESOLVED_IMPORT') {
      throw new Error(`Cannot bundle: ${log.message}`);
    }
    handler(level, log);
  },
});

rmSync(dist, { recursive: true, force: true });
const output = await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  // Flat, so that `./worker.js` beside import.meta.url is right from whichever chunk asks for it.
  chunkFileNames: '[name]-[hash].js',
  minify: true,
  // Error classes keep their names in the log (`"type":"ConfigError"`, not `"type":"e"`).
  keepNames: true,
});
await bundle.close();

const chunks = output.output.filter((file): file is OutputChunk => file.type === 'chunk');
assertSelfContained(chunks);

// Spares Node the search for the module type of each file, and 13 MB of memory.
writeFileSync(join(dist, 'package.json'), '{ "type": "module" }\n');
cpSync(join(root, 'LICENSE'), join(dist, 'LICENSE'));
const packages = packagesOf(chunks.flatMap((chunk) => Object.keys(chunk.modules)));
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(packages));
writeFileSync(join(dist, 'sbom.cdx.json'), softwareBill(packageJson, packages));

assertStarts();
report(output, packages.length);

/** Nothing may be imported but Node itself and the files of `dist/`. */
function assertSelfContained(all: OutputChunk[]): void {
  const files = new Set(all.map((chunk) => chunk.fileName));
  for (const chunk of all) {
    for (const imported of [...chunk.imports, ...chunk.dynamicImports]) {
      if (files.has(imported) || isBuiltin(imported)) continue;
      throw new Error(
        `Cannot run dist without node_modules: ${chunk.fileName} imports a package, got ${imported}`,
      );
    }
  }
}

/** Where no `node_modules` is above it: a require() computed at run time shows only here. */
function assertStarts(): void {
  const alone = mkdtempSync(join(tmpdir(), 'externalname-monitor-dist-'));
  try {
    cpSync(dist, alone, { recursive: true });
    execFileSync(process.execPath, [join(alone, 'main.js'), '--help'], {
      cwd: alone,
      stdio: 'pipe',
    });
  } finally {
    rmSync(alone, { recursive: true, force: true });
  }
}

function report({ output: files }: RolldownOutput, packageCount: number): void {
  for (const { fileName } of files) {
    const kilobytes = statSync(join(dist, fileName)).size / 1000;
    console.log(`dist/${fileName}  ${kilobytes.toFixed(0)} kB`);
  }
  const licenses = readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt')).length / 1000;
  console.log(`dist/THIRD-PARTY-LICENSES.txt  ${licenses.toFixed(0)} kB, ${packageCount} packages`);
}
