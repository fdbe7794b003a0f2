import { encode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../../src/dns/inspect.ts';

/** dns-packet writes with another hand than ours. */
function replyOf(change: object): Buffer {
  const questions = [{ type: 'A', name: 'db.example.com' }];
  return encode({ type: 'response', id: 7, flags: 0, questions, ...change } as never);
}

describe('what people are shown of a reply', () => {
  it('is its flags, rcode and every record, whatever its type', () => {
    const reply = replyOf({
      flags: 0x0400 | 0x0100 | 0x0080 | 0x0020,
      answers: [
        { type: 'CNAME', name: 'db.example.com', ttl: 30, data: 'edge.example.net' },
        { type: 'A', name: 'edge.example.net', ttl: 5, data: '192.0.2.1' },
        { type: 'AAAA', name: 'edge.example.net', ttl: 6, data: '2001:db8::1' },
        { type: 'TXT', name: 'edge.example.net', ttl: 7, data: 'abc' },
        { type: 'NULL', name: 'edge.example.net', ttl: 8, data: Buffer.from('abc') },
      ],
      authorities: [
        {
          type: 'SOA',
          name: 'example.net',
          ttl: 60,
          data: {
            mname: 'ns.example.net',
            rname: 'host.example.net',
            serial: 1,
            refresh: 2,
            retry: 3,
            expire: 4,
            minimum: 5,
          },
        },
        { type: 'NS', name: 'example.net', ttl: 61, data: 'ns.example.net' },
      ],
      additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] }],
    });
    const { records, ...head } = inspect(reply);
    expect(head).toEqual({
      bytes: reply.length,
      flags: ['qr', 'aa', 'rd', 'ra', 'ad'],
      rcode: 'NOERROR',
      recordCount: 8,
    });
    expect(
      records.map(({ section, name, ttl, type, data }) => [section, name, ttl, type, data]),
    ).toEqual([
      ['answer', 'db.example.com.', 30, 'CNAME', 'edge.example.net.'],
      ['answer', 'edge.example.net.', 5, 'A', '192.0.2.1'],
      ['answer', 'edge.example.net.', 6, 'AAAA', '2001:db8::1'],
      ['answer', 'edge.example.net.', 7, 'TXT', '4 bytes'],
      ['answer', 'edge.example.net.', 8, 'TYPE10', '3 bytes'],
      ['authority', 'example.net.', 60, 'SOA', 'ns.example.net. host.example.net. 1 2 3 4 5'],
      ['authority', 'example.net.', 61, 'NS', 'ns.example.net.'],
      ['additional', '.', 0, 'OPT', 'EDNS 0, payload 1232'],
    ]);
  });

  it('has the rcode with its extended bits', () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] };
    expect(inspect(replyOf({ flags: 3 })).rcode).toBe('NXDOMAIN');
    expect(inspect(replyOf({ additionals: [{ ...opt, extendedRcode: 1 }] })).rcode).toBe('RCODE16');
  });

  it('is as much as can be read of a broken one, and why no more', () => {
    const reply = replyOf({
      answers: [
        { type: 'A', name: 'db.example.com', ttl: 5, data: '192.0.2.1' },
        { type: 'A', name: 'db.example.com', ttl: 5, data: '192.0.2.2' },
      ],
    });
    const { records, fault, recordCount } = inspect(reply.subarray(0, -2));
    expect(records.map(({ data }) => data)).toEqual(['192.0.2.1']);
    expect(recordCount).toBe(2);
    expect(fault).toMatch(/past the end/);
    expect(inspect(Buffer.from([1, 2, 3])).fault).toMatch(/3 bytes/);
    const forward = replyOf({
      answers: [{ type: 'CNAME', name: 'db.example.com', ttl: 5, data: 'db.example.net' }],
    });
    forward.writeUInt16BE(0xc0ff, forward.length - 16);
    expect(inspect(forward)).toMatchObject({
      records: [],
      fault: expect.stringMatching(/does not point back/),
    });
  });

  it('is bounded', () => {
    const one = { type: 'A', name: 'db.example.com', ttl: 5, data: '192.0.2.1' };
    const { records, recordCount } = inspect(replyOf({ answers: Array(500).fill(one) }));
    expect([records.length, recordCount]).toEqual([40, 500]);
  });

  it('never throws, and holds no character that could steer a terminal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        // A plausible header, so that more than the first check is reached.
        const head = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, 3, 0, 1, 0, 1]);
        const read = inspect(Buffer.concat([head, bytes]));
        expect(JSON.stringify(read)).toMatch(/^[ -~]*$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
