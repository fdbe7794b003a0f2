import { expect, it } from 'vitest';
import { isTlsPort } from '../../../src/diagnosis/tls-port.ts';
import type { ServicePort } from '../../../src/model/service.ts';

it.each<[boolean, ServicePort]>([
  [true, { port: 443 }],
  [true, { port: 8443 }],
  [true, { port: 6380 }],
  [false, { port: 80 }],
  [false, { port: 5432 }],
  [true, { port: 6379, name: 'redis-tls' }],
  [true, { port: 8080, name: 'https' }],
  [true, { port: 8080, name: 'tcp-ssl-db' }],
  [false, { port: 8080, name: 'tlsx' }],
  [false, { port: 443, name: 'http' }],
  [true, { port: 443, name: 'web' }],
  [true, { port: 8080, appProtocol: 'HTTPS' }],
  [true, { port: 8080, appProtocol: 'kubernetes.io/wss', name: 'http' }],
  [false, { port: 443, appProtocol: 'kubernetes.io/h2c', name: 'https' }],
  [true, { port: 5432, appProtocol: 'postgresql', name: 'pg-tls' }],
  [true, { port: 443, appProtocol: 'http2', name: '' }],
])('%s for %j', (expected, port) => {
  expect(isTlsPort(port)).toBe(expected);
});
