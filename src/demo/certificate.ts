/**
 * A self-signed certificate for servers on loopback. It is created on demand, so that no key is
 * stored in a file.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/**
 * Key and certificate as PEM: for localhost, 127.0.0.1 and ::1, an EC key, valid for a day around
 * `now`.
 */
export function selfSigned(now: Date = new Date()): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('localhost')))));
  const altNames = sequence(
    der(0x82, Buffer.from('localhost')),
    der(0x87, Buffer.from([127, 0, 0, 1])),
    der(0x87, Buffer.from([...Array(15).fill(0), 1])),
  );
  const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
  // In the order of RFC 5280 section 4.1.
  const toSign = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    sequence(time(now.getTime() - dayMs), time(now.getTime() + dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension('551d11', altNames), extension('551d13', isAuthority))),
  );
  const signature = sign('sha256', toSign, privateKey);
  const bits = der(0x03, Buffer.concat([Buffer.from([0]), signature]));
  const lines =
    sequence(toSign, ecdsaWithSha256, bits)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

const dayMs = 86_400_000;

/** One tag, length, value of DER (X.690). */
function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const long = [length >> 8, length & 0xff].filter((byte, i) => byte > 0 || i === 1);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 | long.length, ...long];
  return Buffer.concat([Buffer.from(head), value]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x04, value));
}

/** GeneralizedTime: 20260131235959Z. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/\.\d+|[-:T]/g, '');
  return der(0x18, Buffer.from(text));
}
