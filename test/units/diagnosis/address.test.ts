import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressKindOf,
  isPublic,
  isWithinAny,
  networkOf,
  parseCidr,
} from '../../../src/diagnosis/address.ts';

describe('kindOf', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['192.0.2.1', 'public'],
    ['2001:db8::1', 'public'],
    ['2606:4700::1111', 'public'],
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12:3456::1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['127.255.0.9', 'loopback'],
    ['::1', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['169.254.1.1', 'link_local'],
    ['fe80::1', 'link_local'],
    ['169.254.169.254', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['192.0.0.192', 'metadata'],
    ['192.0.0.1', 'other'],
    ['169.254.169.252', 'metadata'],
    ['169.254.169.253', 'link_local'],
    ['fd00:100::100:200', 'metadata'],
    ['fd00:c1::a9fe:a9fe', 'metadata'],
    ['fe80::a9fe:a9fe', 'metadata'],
    ['fd00:a9fe:a9fe::1', 'metadata'],
    ['3fff::1', 'public'],
    ['224.0.0.1', 'other'],
    ['255.255.255.255', 'other'],
    ['240.0.0.1', 'other'],
    ['ff02::1', 'other'],
    ['198.18.0.1', 'other'],
    ['no address', 'other'],
    ['', 'other'],
    ['127.1', 'other'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['64:ff9b::808:808', 'public'],
    ['::ffff:a00:1', 'private'],
    ['64:ff9b::', 'unspecified'],
  ])('%s is %s', (address, kind) => {
    expect(addressKindOf(address)).toBe(kind);
    expect(isPublic(address)).toBe(kind === 'public');
  });

  it('knows every address, and none throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (address) => {
        expect(addressKindOf(address)).toMatch(/^[a-z_]+$/);
        expect(networkOf(address)).toBeTypeOf('string');
      }),
    );
  });
});

describe('networkOf', () => {
  it.each([
    ['192.0.2.200', '192.0.0.0/16'],
    ['203.0.113.9', '203.0.0.0/16'],
    ['10.1.2.3', '10.1.2.0/24'],
    ['2001:db8:1:2::3', '2001:db8::/32'],
    ['fd00:1:2:3:4::5', 'fd00:1:2:3::/64'],
    ['::ffff:10.1.2.3', '10.1.2.0/24'],
    // DNS64 puts all of IPv4 into one /32: only the wrapped address tells places apart.
    ['64:ff9b::cb00:7109', '203.0.0.0/16'],
  ])('%s lies in %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it('has the address in it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        expect(isWithinAny(address, [parseCidr(networkOf(address))])).toBe(true);
      }),
    );
  });
});

describe('parseCidr', () => {
  it('reads networks, and addresses as networks of one', () => {
    expect(isWithinAny('10.9.9.9', [parseCidr('10.0.0.0/8')])).toBe(true);
    expect(isWithinAny('11.0.0.0', [parseCidr('10.0.0.0/8')])).toBe(false);
    expect(isWithinAny('192.0.2.1', [parseCidr('192.0.2.1')])).toBe(true);
    expect(isWithinAny('192.0.2.2', [parseCidr('192.0.2.1')])).toBe(false);
    expect(isWithinAny('2001:db8::1', [parseCidr('2001:db8::/32')])).toBe(true);
    expect(isWithinAny('192.0.2.1', [parseCidr('::/0')])).toBe(false);
    expect(isWithinAny('64:ff9b::a00:1', [parseCidr('10.0.0.0/8')])).toBe(true);
    expect(isWithinAny('64:ff9b::a00:1', [parseCidr('64:ff9b::/96')])).toBe(true);
    expect(isWithinAny('no address', [parseCidr('0.0.0.0/0')])).toBe(false);
  });

  it.each([
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0/8',
    '::/129',
    'x/8',
    '10.0.0.0/1e1',
  ])('refuses %j with what it got', (text) => {
    expect(() => parseCidr(text)).toThrow(
      `it must be a network such as 192.0.2.0/24, got ${JSON.stringify(text)}`,
    );
  });
});
