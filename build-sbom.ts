/** What a bundle is made of, as CycloneDX 1.6, for scanners: the packages whose code is really in it, and no other. */
import type { BundledPackage } from './build-licenses.ts';

/** Without a time or a random number, so that the same bundle has the same. */
export function softwareBill(
  program: Omit<BundledPackage, 'author' | 'directory'>,
  packages: readonly BundledPackage[],
): string {
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', ...componentOf(program) } },
    components: packages.map((bundled) => ({ type: 'library', ...componentOf(bundled) })),
  };
  return `${JSON.stringify(bill, undefined, 2)}\n`;
}

function componentOf({ name, version, license }: Omit<BundledPackage, 'author' | 'directory'>) {
  // A scope's @ is escaped (package-url, type npm).
  const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  const licenses = license === undefined ? {} : { licenses: [{ expression: license }] };
  return { 'bom-ref': purl, name, version, purl, ...licenses };
}
