/** Replaces the real DNS server on machines without it. */
import { DnsServer } from '../../../../src/demo/dns/server.ts';
import { answerCalls } from '../parts/rpc.ts';
import { serviceOf } from '../services.ts';

let dns: DnsServer | undefined;
const ops = {
  async start(count: number): Promise<string> {
    const targets = new Map<string, string>();
    dns = new DnsServer({
      keepQueries: 10,
      services: (namespace, name) => {
        const externalName = targets.get(`${namespace}/${name}`);
        if (externalName !== undefined) return { type: 'ExternalName', externalName };
        return undefined;
      },
    });
    for (let i = 0; i < count; i++) {
      const { namespace, name, target, ipv4, ipv6 } = serviceOf(i);
      targets.set(`${namespace}/${name}`, target);
      dns.internet.set(target, { a: [ipv4], aaaa: [ipv6] });
    }
    await dns.start();
    return dns.address;
  },
};
export type DnsOps = typeof ops;

answerCalls(ops);
