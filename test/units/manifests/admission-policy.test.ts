import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { specFindings } from '../../../src/diagnosis/spec-findings.ts';
import { specOf } from '../../fixtures/spec.ts';

const file = join(
  import.meta.dirname,
  '../../../manifests/components/admission-policy/parameters.yaml',
);

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];

test('public-domains has the namespaces in which the monitor reports shadows_public_name', () => {
  const { data } = parse(readFileSync(file, 'utf8')) as { data: Record<string, string> };
  const listed = (data['public-domains'] ?? '').trim().split(/\s+/);
  const isReported = (namespace: string): boolean =>
    specFindings(specOf('a-domain', { namespace }), 'cluster.local').some(
      ({ rule }) => rule === 'shadows_public_name',
    );
  expect(listed.filter((namespace) => !isReported(namespace))).toEqual([]);
  const codes = LETTERS.flatMap((a) => LETTERS.map((b) => `${a}${b}`));
  const words = ['com', 'net', 'org', 'edu', 'gov', 'info', 'biz', 'dev', 'shop', 'default'];
  const reported = [...codes, ...words].filter(isReported);
  expect(reported.filter((namespace) => !listed.includes(namespace))).toEqual([]);
});
