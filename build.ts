/**
 * Bundles the program into `dist/`, which runs on Node alone: no `node_modules`, no TypeScript.
 * There are three entries, because a worker thread is a separate program; shared code becomes a
 * shared chunk.
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
/** The NUL keeps them apart from every file. */
const BUILTIN = '\0builtin:';
const UNUSED = '\0unused:';

/**
 * Makes `import … from 'node:…'` a require(). An import reads all that the module exports, also the getters that load
 * what nothing here uses: Node's own fetch and WebSocket (`node:http`), WebCrypto (`node:crypto`).
 */
const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  resolveId(source, _importer, { kind }) {
    const name = source.replace(/^node:/, '');
    // All but the one that require() comes from.
    const isOurs = isBuiltin(source) && name !== 'module' && kind === 'import-statement';
    return isOurs ? `${BUILTIN}${name}.cjs` : null;
  },
  load(id) {
    if (!id.startsWith(BUILTIN)) return null;
    return `module.exports = require('node:${id.slice(BUILTIN.length, -'.cjs'.length)}');`;
  },
};

/**
 * Packages that others import for what is not used here, and their names that must be there:
 * - client-node goes to the API server by undici, or by Node's own client, which is our way (src/kubernetes/api.ts).
 * - Fastify compiles schemas by these two unless it is given others (src/http/schemas-on-demand.ts).
 * - It can serve HTTP/2, whose module alone takes 6 MB.
 * - prom-client can add up the metrics of a cluster of processes, and asks OpenTelemetry for the trace of an exemplar.
 */
const UNUSED_EXPORTS: Readonly<Record<string, string>> = {
  undici: 'export const Agent = null, ProxyAgent = null, fetch = null;',
  '@fastify/ajv-compiler': 'export default null;',
  '@fastify/fast-json-stringify-compiler': 'export default null;',
  'node:http2': 'export {};',
  cluster: 'export const isMaster = false, isWorker = false;',
  '@opentelemetry/api': 'export const context = null, trace = null;',
};

const withoutUnused: Plugin = {
  name: 'without-unused',
  resolveId: (source, importer) =>
    Object.hasOwn(UNUSED_EXPORTS, source) && !importer?.startsWith(join(root, 'src'))
      ? UNUSED + source
      : null,
  load: (id) => UNUSED_EXPORTS[id.slice(UNUSED.length)] ?? null,
};

/**
 * Writes what Latin-1 lacks as escapes, which mean the same in texts, patterns and names. One such character makes V8 hold
 * the whole file at two bytes for each.
 */
const narrow: Plugin = {
  name: 'narrow',
  generateBundle(_options, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      file.code = file.code.replaceAll(
        /[^\0-\xff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    }
  },
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
    // The entry of client-node re-exports every generated API and does not declare them free of
    // side effects. Without this line the bundle contains the whole package, which takes tens of
    // megabytes of memory.
    moduleSideEffects: [{ test: /\/node_modules\/@kubernetes\/client-node\//, sideEffects: false }],
  },
  plugins: [builtinsByRequire, withoutUnused, narrow],
  onLog(level, log, handler) {
    // As warnings these would become imports that fail only in the image.
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
  // Flat, so that `./worker.js` next to import.meta.url is right from every chunk.
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

/** The bundle may import only Node itself and the files of `dist/`. */
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

/**
 * Runs the bundle in a folder without `node_modules` above it, because only a run detects a
 * require() that is computed at run time.
 */
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
