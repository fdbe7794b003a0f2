/**
 * `npm run image`: builds the image for both architectures on stand-ins of its base images, and
 * runs the one for this machine, hardened, against an embedded API server. Prints its size and its
 * start time.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../../../package.json' with { type: 'json' };
import { ARCHITECTURES, hostArchitecture } from '../../../release/image.ts';
import { ApiServer } from '../../../src/demo/api/server.ts';
import { DnsServer } from '../../../src/demo/dns/server.ts';
import { lacksForImages } from '../cluster/lacks.ts';
import { freePort } from '../cluster/ports.ts';
import { until } from '../cluster/until.ts';
import { buildImage } from './build.ts';
import { runImage } from './container.ts';
import { contentOf } from './look.ts';
import { provideStandIns } from './stand-in.ts';
import { ImageStore } from './store.ts';

const HELP = `npm run image -- [options]
  --services=<count>  how many Services the first list holds; 1000 if not given
  --runs=<count>      how often it is started; 5 if not given
`;

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
});

const lacks = lacksForImages();
if (values.help) process.stdout.write(HELP);
else if (lacks.length > 0) {
  process.stderr.write(`Cannot build the image: ${lacks.join('; ')}\n`);
  process.exitCode = 1;
} else {
  await main(countOf('services', values.services), countOf('runs', values.runs));
}

function countOf(option: string, text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  process.stderr.write(`Cannot use --${option}: it must be a number from 1, got ${text}\n${HELP}`);
  process.exit(2);
}

async function main(services: number, runs: number): Promise<void> {
  const store = await ImageStore.open();
  await provideStandIns(store, say);
  const { version } = packageJson;
  const labels = { version, revision: 'unknown', created: new Date().toISOString() };
  for (const arch of ARCHITECTURES) {
    const image = await buildImage(store, { name: 'localhost/script', ...labels }, arch);
    const { app, bytes } = await contentOf(store, image);
    const files = Object.keys(app).length;
    say(`${arch}: /app has ${files} files, ${(bytes / 1e6).toFixed(2)} MB beside Node and Debian`);
  }
  const image = `localhost/script:${version}-${hostArchitecture()}`;
  const times: Times[] = [];
  for (let i = 0; i < runs; i++) times.push(await measure(store, image, services));
  const [listed, ready] = [times.map((t) => t.listed), times.map((t) => t.ready)];
  say(`the first list, of ${services} Services, was served ${inMs(listed)} after podman run`);
  say(`ready ${inMs(ready)} after that list had been served`);
}

interface Times {
  /** From `podman run` to the end of the first list. */
  readonly listed: number;
  /** From there to 200 from /readyz. */
  readonly ready: number;
}

async function measure(store: ImageStore, image: string, services: number): Promise<Times> {
  await using api = new ApiServer();
  const dns = new DnsServer({
    host: '127.0.0.1',
    services: () => undefined,
    zone: 'cluster.local',
  });
  await Promise.all([api.start(), dns.start()]);
  for (let i = 0; i < services; i++) {
    const spec = { type: 'ExternalName', externalName: `host-${i}.example.test` };
    api.apply({ metadata: { namespace: 'default', name: `service-${i}` }, spec });
  }
  const folder = await mkdtemp(join(tmpdir(), 'image-'));
  const kubeconfig = join(folder, 'kubeconfig');
  // Readable like a Secret's files, because the image has another user.
  await writeFile(kubeconfig, api.kubeconfig(), { mode: 0o644 });
  const port = await freePort();
  const args = [
    `--listen=127.0.0.1:${port}`,
    `--cluster-dns=${dns.address}`,
    '--cluster-domain=cluster.local',
  ];
  const pace = { everyMs: 1, deadlineMs: 60_000 };
  const start = performance.now();
  const listed = until('the first list', () => isListed(api, services), pace).then(() =>
    performance.now(),
  );
  const ready = until('readiness', () => isReady(port), pace).then(() => performance.now());
  try {
    const name = 'externalname-monitor-script';
    const program = await runImage(store, image, { name, kubeconfig, args });
    try {
      return { listed: (await listed) - start, ready: (await ready) - (await listed) };
    } finally {
      await program.stop();
    }
  } finally {
    await Promise.allSettled([listed, ready]);
    await dns.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether the last page has been served. */
function isListed(api: ApiServer, services: number): boolean {
  const pages = api.requestsOf('list').filter(({ code }) => code === 200);
  const size = Number(pages[0]?.query.limit ?? services);
  return pages.length > 0 && pages.length * size >= services;
}

async function isReady(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok;
}

function inMs(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const whole = (ms: number | undefined): string => `${Math.round(ms ?? Number.NaN)} ms`;
  const median = sorted[Math.floor(sorted.length / 2)];
  return `${whole(median)} (${whole(sorted[0])} to ${whole(sorted.at(-1))})`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
