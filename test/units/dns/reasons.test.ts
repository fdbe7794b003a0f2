/** What a reply says beside its answer: the SOA of a negative one, and extended errors. */
import packet, { type Answer } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpret } from '../../../src/dns/answer.ts';
import { inspect } from '../../../src/dns/inspect.ts';
import { decodeReply, type Question } from '../../../src/dns/message.ts';
import {
  EXTENDED_ERRORS,
  extendedErrorRow,
  extendedErrorText,
  mainExtendedError,
} from '../../../src/model/extended-error.ts';

const NAME = 'shop.unregistered.com';
const NXDOMAIN = 3;
const SERVFAIL = 2;

function replyOf(change: object, type: Question['type'] = 'A'): Buffer {
  const questions = [{ type, name: NAME, class: 'IN' }];
  return packet.encode({ type: 'response', id: 1, questions, ...change } as never);
}

function read(message: Buffer, type: Question['type'] = 'A'): ReturnType<typeof interpret> {
  const question = { name: NAME, type };
  return interpret(question, decodeReply(message));
}

function soa(name: string, ttl: number, minimum: number): Answer {
  const data = { mname: `ns.${name}`, rname: `host.${name}`, serial: 1, minimum } as never;
  return { type: 'SOA', name, ttl, data };
}

/** An OPT with these options as they are, byte for byte. */
function opt(...options: readonly (readonly [code: number, data: Uint8Array | string])[]): object {
  const all = options.map(([code, data]) => ({ code, data: Buffer.from(data) }));
  return { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: all };
}

function ede(code: number, text = ''): readonly [number, Buffer] {
  return [15, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(text)])];
}

describe('the SOA of a negative answer', () => {
  it.each([
    ['its MINIMUM', 900, 300, 300],
    ['its TTL, as a cache has counted it down', 12, 300, 12],
    ['0, where the top bit is set', 900, 0x80000000, 0],
  ])('gives %s as the time for which it may be cached', (_, ttl, minimum, negativeTtl) => {
    const authorities = [soa('COM', ttl, minimum)];
    expect(read(replyOf({ flags: NXDOMAIN, authorities })).negative).toEqual({
      zone: 'com',
      ttl: negativeTtl,
      minimum: minimum > 0x7fffffff ? 0 : minimum,
    });
  });

  it('counts for a name without the type, and at the end of a chain', () => {
    const authorities = [soa('example.net', 60, 30)];
    const answers = [{ type: 'CNAME', name: NAME, ttl: 5, data: 'gone.example.net' }];
    const negative = { zone: 'example.net', ttl: 30, minimum: 30 };
    expect(read(replyOf({ authorities }))).toMatchObject({ outcome: 'nodata', negative });
    expect(read(replyOf({ authorities }, 'CNAME'), 'CNAME')).toMatchObject({ negative });
    expect(read(replyOf({ authorities, answers }))).toMatchObject({
      outcome: 'bare_cname',
      negative,
    });
    expect(read(replyOf({ flags: NXDOMAIN, authorities, answers }))).toMatchObject({
      outcome: 'nxdomain',
      negative,
    });
  });

  it('does not count elsewhere: in another section, beside an address or an error', () => {
    const one = soa('com', 60, 30);
    const answers = [{ type: 'A', name: NAME, ttl: 5, data: '192.0.2.1' }];
    expect(read(replyOf({ flags: NXDOMAIN, additionals: [one] })).negative).toBeUndefined();
    expect(read(replyOf({ authorities: [one], answers })).negative).toBeUndefined();
    expect(read(replyOf({ authorities: [one], flags: SERVFAIL })).negative).toBeUndefined();
  });

  it('is the first of several, and none where it is too short', () => {
    const authorities = [soa('com', 60, 30), soa('net', 60, 30)];
    expect(read(replyOf({ flags: NXDOMAIN, authorities })).negative?.zone).toBe('com');
    const short = { type: 'NULL', name: 'com', ttl: 60, data: Buffer.alloc(21) };
    const message = replyOf({ flags: NXDOMAIN, authorities: [short] });
    // dns-packet writes no SOA like that: its type is changed behind the question and the owner.
    message.writeUInt16BE(6, message.indexOf(Buffer.from([0, 10, 0, 1])));
    expect(read(message)).toEqual({ outcome: 'nxdomain', addresses: [], chain: [] });
  });
});

describe('extended errors', () => {
  it('are read with their texts, in the order of the reply', () => {
    const additionals = [opt(ede(9, 'no DNSKEY for bogus.example.net\0'), [10, 'cookie'], ede(22))];
    expect(read(replyOf({ flags: SERVFAIL, additionals }))).toEqual({
      outcome: 'servfail',
      addresses: [],
      chain: [],
      extendedErrors: [
        { code: 9, text: 'no DNSKEY for bogus.example.net' },
        { code: 22, text: '' },
      ],
    });
  });

  it('are read beside an address as well', () => {
    const answers = [{ type: 'A', name: NAME, ttl: 0, data: '192.0.2.1' }];
    expect(read(replyOf({ answers, additionals: [opt(ede(3))] }))).toMatchObject({
      outcome: 'ok',
      extendedErrors: [{ code: 3, text: '' }],
    });
  });

  it('are absent where a reply has EDNS and none of them', () => {
    const empty = read(replyOf({ additionals: [opt()] }));
    expect(empty).not.toHaveProperty('extendedErrors');
    const others = read(replyOf({ additionals: [opt([10, 'cookie'], [15, 'x'])] }));
    expect(others).not.toHaveProperty('extendedErrors');
  });

  it('are bounded, and hold nothing but printable ASCII', () => {
    const many = Array.from({ length: 60 }, (_, i) => ede(i, '\u202e\u001b[2J \xe9'.repeat(99)));
    const { extendedErrors = [] } = read(replyOf({ additionals: [opt(...many)] }));
    expect(extendedErrors).toHaveLength(8);
    for (const { text } of extendedErrors) expect(text).toMatch(/^[ -~]{200}$/);
  });

  it('are the ones before a length that runs past the end', () => {
    const message = replyOf({ additionals: [opt(ede(9, 'one'), ede(6, 'two'))] });
    // The length of the second option's data.
    message.writeUInt16BE(0xffff, message.length - 7);
    expect(read(message).extendedErrors).toEqual([{ code: 9, text: 'one' }]);
  });

  it.each([1, 2, 3])('end where %i bytes are left over at the end of the message', (left) => {
    const whole = replyOf({ additionals: [opt(ede(9, 'one'), [10, ''])] });
    const message = whole.subarray(0, whole.length - 4 + left);
    message.writeUInt16BE(9 + left, message.length - 9 - left - 2);
    expect(read(message).extendedErrors).toEqual([{ code: 9, text: 'one' }]);
  });

  it('never throw, whatever the bytes, and keep their bounds', () => {
    const bytes = fc.uint8Array({ maxLength: 400 });
    const option = fc.tuple(fc.constantFrom(15, 15, 15, 3, 0xffff), bytes);
    fc.assert(
      fc.property(fc.array(option, { maxLength: 40 }), bytes, fc.nat(), (options, tail, at) => {
        const whole = Buffer.concat([replyOf({ flags: 3, additionals: [opt(...options)] }), tail]);
        const message = whole.subarray(0, 12 + NAME.length + 6 + (at % whole.length));
        const { extendedErrors = [] } = read(message);
        expect(extendedErrors.length).toBeLessThanOrEqual(8);
        for (const { text } of extendedErrors) expect(text).toMatch(/^[ -~]{0,200}$/);
        expect(JSON.stringify(inspect(message))).toMatch(/^[ -~]*$/);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never throw where the authority section is any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const message = Buffer.concat([replyOf({ flags: NXDOMAIN }), bytes]);
        message.writeUInt16BE(3, 8);
        const { negative } = read(message);
        if (negative) expect(negative.ttl).toBeLessThanOrEqual(0x7fffffff);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are shown in a trace with what they mean', () => {
    const additionals = [opt(ede(9, 'a "quoted" text'), ede(49152), [10, 'cookie'])];
    expect(inspect(replyOf({ additionals })).records[0]?.data).toBe(
      'EDNS 0, payload 1232, EDE 9 (DNSSEC: no DNSKEY) "a \\"quoted\\" text", ' +
        'EDE 49152 (an unknown error code), cookie of 6 bytes',
    );
  });
});

describe('the table of extended errors', () => {
  it('has a name of its own for each code, fit for a label', () => {
    const names = EXTENDED_ERRORS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  it('has one row for all codes that it does not know', () => {
    expect(extendedErrorRow(31)).toBe(extendedErrorRow(65_535));
    expect(extendedErrorRow(31).name).toBe('unassigned');
  });

  it('makes a sentence of a code and a name', () => {
    expect(extendedErrorText({ code: 9 }, 'bogus.example.net')).toBe(
      'DNSSEC: no DNSKEY for bogus.example.net',
    );
    expect(extendedErrorText({ code: 999 }, 'x.test')).toBe(
      'an unknown error code (999) for x.test',
    );
  });

  it('says which of several says most', () => {
    const of = (...codes: number[]) => mainExtendedError(codes.map((code) => ({ code, text: '' })));
    expect(of()).toBeUndefined();
    expect(of(0, 13, 22, 9)?.code).toBe(9);
    expect(of(0, 6, 22)?.code).toBe(22);
    expect(of(0, 6)?.code).toBe(6);
  });
});
