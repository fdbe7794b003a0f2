import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { packagesOf, thirdPartyLicenses } from '../../../build-licenses.ts';
import { softwareBill } from '../../../build-sbom.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import lock from '../../../package-lock.json' with { type: 'json' };

const packages = packagesOf(
  ['fastify', '@kubernetes/client-node', 'pino', 'tldts', 'prom-client'].map((name) =>
    fileURLToPath(import.meta.resolve(name)),
  ),
);
const bill = JSON.parse(softwareBill(packageJson, packages));
const installed: Readonly<Record<string, { version?: string; license?: string }>> = lock.packages;

test('the bill of materials names the program and each package, at its version and licence', () => {
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1 });
  const { name, version, license } = packageJson;
  expect(bill.metadata.component).toMatchObject({ type: 'application', name, version });
  expect(bill.metadata.component.licenses).toEqual([{ expression: license }]);
  expect(bill.components).toHaveLength(5);
  for (const component of bill.components) {
    const locked = installed[`node_modules/${component.name}`];
    expect([component.type, component.version]).toEqual(['library', locked?.version]);
    expect(component.licenses).toEqual([{ expression: locked?.license }]);
  }
});

test('packages are named as package-url has it, a scope escaped', () => {
  const version = packageJson.dependencies['@kubernetes/client-node'];
  const purls = bill.components.map(({ purl }: { purl: string }) => purl);
  expect(purls).toContain(`pkg:npm/%40kubernetes/client-node@${version}`);
  expect(new Set(purls).size).toBe(purls.length);
});

test('a licence that a package does not state is left out, and its text passed on all the same', () => {
  const [first] = packages;
  const silent = [{ ...(first as (typeof packages)[number]), license: undefined }];
  expect(JSON.parse(softwareBill(packageJson, silent)).components[0]).not.toHaveProperty(
    'licenses',
  );
  expect(thirdPartyLicenses(silent)).toContain('(see below)');
});

test('the same packages give the same text', () => {
  expect(softwareBill(packageJson, packages)).toBe(softwareBill(packageJson, packages));
});
