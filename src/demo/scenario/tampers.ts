/** Faults of cluster DNS in the demo, in addition to the tampers that tests share. */
import { plainUdpLimit, readQuery, writeReply } from '../dns/message.ts';
import type { Tamper } from '../dns/tamper.ts';

/**
 * The answer of CoreDNS before 1.14.7 from its cache: the CNAME without the records at its end
 * (coredns#8232).
 */
export function bareCname(target: string): Tamper {
  return ({ query }) => {
    const question = readQuery(query);
    if (question === undefined) return undefined;
    const { name } = question;
    const answers = [{ name, type: 'CNAME', ttl: 30, data: target }] as const;
    const answer = { rcode: 'NOERROR', answers, authorities: [], delayMs: 0 } as const;
    const reply = writeReply(question, answer, plainUdpLimit);
    return reply && [reply];
  };
}
