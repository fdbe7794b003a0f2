/** What cluster DNS does wrong in the demo, beyond the tampers that tests have in common. */
import { plainUdpLimit, readQuery, writeReply } from '../dns/message.ts';
import type { Tamper } from '../dns/tamper.ts';

/** As CoreDNS before 1.14.7 served from its cache: the CNAME, and nothing at its end (coredns#8232). */
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
