import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { externalNameService } from '../../../src/demo/api/objects.ts';
import { Bench, configOf } from '../../fixtures/watching.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.end());

it('goes through the proxy of the kubeconfig, on one connection for list and watch', async () => {
  const api = await bench.serve();
  api.apply(externalNameService('shop', 'db', 'db.example.com'));
  const tunnels: string[] = [];
  await using proxy = createServer().on('connect', ({ url = '' }, socket) => {
    tunnels.push(url);
    const [host, port] = url.split(':');
    const other = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    for (const end of [socket, other]) end.on('error', () => {});
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const config = configOf(api.kubeconfig());
  const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  config.clusters = config.clusters.map((cluster) => ({ ...cluster, proxyUrl }));

  const seen = bench.watch(config);
  await bench.connected(api, seen);
  expect(seen.held.size).toBe(1);
  expect(tunnels).toEqual([expect.stringContaining(String(api.port))]);
  await seen.stop();
});
