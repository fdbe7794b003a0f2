/** Runs in a network namespace: asks the servers that are named on the command line and prints what came of it. */
import { openSync } from 'node:fs';
import { parseServers } from '../../../src/config/values.ts';
import { Resolver } from '../../../src/dns/resolver.ts';

const [transport, list = '', files] = process.argv.slice(2);
if (files === 'exhausted') {
  // The modules that are loaded on first use need file descriptors: let them load.
  await ask();
  try {
    for (;;) openSync('/dev/null', 'r');
  } catch {
    // No descriptor is left.
  }
}
process.stdout.write(JSON.stringify(await ask()));
process.exit(0);

async function ask(): Promise<unknown> {
  const resolver = new Resolver({
    servers: parseServers(list),
    timeoutMs: 300,
    attempts: 1,
    stub: { useVc: transport === 'tcp' },
  });
  const hop = await resolver.askAddresses('api.example.com', ['A', 'AAAA'], { edns: true });
  const later = await resolver.ask({ name: 'x.test', type: 'CNAME' }, { edns: false });
  resolver.close();
  return [hop.A, hop.AAAA, later].map((result) =>
    result?.exchanges.map(({ outcome, errno }) => `${outcome} ${errno}`),
  );
}
