import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readManifests } from '../../../src/kubernetes/manifests.ts';
import { SETTINGS } from '../../fixtures/spec.ts';

const read = (text: string) =>
  readManifests(text, 'F', { namespace: 'default', defaults: { ...SETTINGS, minIntervalMs: 0 } });

function service(name: string, externalName: string, more = ''): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}${more}}
spec: {type: ExternalName, externalName: ${externalName}}
`;
}

/** `namespace/name target line` of each Service. */
function told(text: string): string[] {
  return read(text).services.map(({ spec, line }) => `${spec.key} ${spec.target} ${line}`);
}

describe('readManifests', () => {
  it('finds Services in the documents of a stream, each with its line', () => {
    const text = `# Source: chart/templates/db.yaml
${service('db', 'DB'.toLowerCase())}---
${service('cache', 'cache.example.com.', ', namespace: shop')}--- # the last
${service('last', 'last.example.com')}`;
    expect(told(text)).toEqual([
      'default/db db 2',
      'shop/cache cache.example.com 7',
      'default/last last.example.com 12',
    ]);
    expect(read(text).services[1]?.spec.externalName).toBe('cache.example.com.');
  });

  it('takes CRLF, JSON with tabs, and an empty text', () => {
    expect(told(service('db', 'a.b').replaceAll('\n', '\r\n'))).toEqual(['default/db a.b 1']);
    const json = JSON.stringify(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'db' },
        spec: { type: 'ExternalName', externalName: 'a.b' },
      },
      undefined,
      '\t',
    );
    expect(told(json)).toEqual(['default/db a.b 1']);
    for (const text of ['', '\n', '---\n---\n', '# nothing\n'])
      expect(read(text)).toEqual({ services: [], broken: [], others: [] });
  });

  it('looks into lists, as kubectl and the API server write them', () => {
    const item = (name: string, kind: string): string =>
      `- ${kind}metadata: {name: ${name}}\n  spec: {type: ExternalName, externalName: a.b}\n`;
    const list = (kind: string, items: string): string =>
      `apiVersion: v1\nkind: ${kind}\nitems:\n${items}`;
    expect(told(list('List', item('db', 'kind: Service\n  apiVersion: v1\n  ')))).toEqual([
      'default/db a.b 4',
    ]);
    expect(told(list('ServiceList', item('db', '')))).toEqual(['default/db a.b 4']);
    expect(told(list('ConfigMapList', item('db', '')))).toEqual([]);
    expect(told(list('List', item('db', '')))).toEqual([]);
  });

  it('passes over other kinds, and keeps the names of other Services', () => {
    const text = `${service('a', 'a.b').replace('v1', 'serving.knative.dev/v1')}---
${service('b', 'a.b').replace('kind: Service', 'kind: ConfigMap')}---
${service('c', 'a.b').replace('ExternalName', 'ClusterIP')}---
apiVersion: v1
kind: Service
metadata: {name: d, namespace: shop}
---
replicas: 3
---
- a list
---
just text
`;
    expect(read(text)).toEqual({ services: [], broken: [], others: ['default/c', 'shop/d'] });
  });

  it('tells what is broken with its line, and goes on', () => {
    const text = `a: [1, 2
---
${service('b', '"https://db.example.com"')}---
b: "open
---
{{- if .Values.c }}
---
${service('good', 'a.b')}---
${service('e', '1.5')}---
${service('""', 'a.b')}---
apiVersion: v1
kind: Service
metadata: {name: f}
spec: {type: ExternalName}
---
${service('g', 'A.example.com')}`;
    const { services, broken } = read(text);
    expect(services.map(({ spec }) => spec.name)).toEqual(['good']);
    expect(broken.map(({ line, message }) => `${line} ${message}`)).toEqual([
      expect.stringMatching(/^1 Cannot read a document: Flow sequence/),
      '3 Cannot use the Service default/b: the API server takes spec.externalName only as a DNS name in lower case, got "https://db.example.com"',
      expect.stringMatching(/^8 Cannot read a document: Missing closing "quote/),
      expect.stringMatching(
        /^10 Cannot read a document: .*; of a Helm chart, give the output of helm template$/,
      ),
      '17 Cannot use the Service default/e: spec.externalName must be a name, got 1.5',
      '22 Cannot read a Service: metadata.name must be text, got ""',
      '27 Cannot use the Service default/f: spec.externalName must be a name, got nothing',
      '32 Cannot use the Service default/g: the API server takes spec.externalName only as a DNS name in lower case, got "A.example.com"',
    ]);
  });

  it('takes a label that is too long, as the API server does', () => {
    expect(read(service('a', `${'x'.repeat(64)}.example.com`)).services).toHaveLength(1);
    expect(read(service('a', `${'x.'.repeat(127)}example.com`)).broken).toHaveLength(1);
  });

  it('takes annotations, ports and anchors', () => {
    const text = `apiVersion: v1
kind: Service
metadata:
  name: &name db
  annotations: {externalname-monitor/enabled: "false", externalname-monitor/interval: soon}
spec:
  type: ExternalName
  externalName: a.b
  ports: [{port: 443, name: *name}]
`;
    const [found] = read(text).services;
    expect(found?.spec.settings.enabled).toBe(false);
    expect(found?.spec.invalidAnnotations).toEqual(['interval']);
    expect(found?.spec.ports).toEqual([{ port: 443, name: 'db' }]);
  });

  it.each([
    ['nests without end', '['.repeat(100_000)],
    [
      'unfolds without end',
      `${service('a', 'a.b')}x: &a [1,1,1,1,1,1,1,1]\ny: &b [*a,*a,*a,*a,*a,*a,*a]\nz: &c [*b,*b,*b,*b,*b,*b,*b]\nw: [*c,*c,*c,*c,*c,*c]\n`,
    ],
  ])('survives what %s', (_what, text) => {
    const { services, broken } = read(`${text}\n---\n${service('good', 'a.b')}`);
    expect(services.map(({ spec }) => spec.name)).toEqual(['good']);
    expect(broken).toHaveLength(1);
    expect(broken[0]?.message).toMatch(/^Cannot read a document: [^\n]+$/);
  });

  it('never throws, and never loses the Service after whatever is not a separator', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const good = read(`${text}\n---\n${service('good', 'a.b')}`).services.at(-1);
        expect(good?.spec.key).toBe('default/good');
      }),
      { numRuns: 300 },
    );
  });
});
