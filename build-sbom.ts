/**
 * The bill of materials of a bundle as CycloneDX 1.6, for scanners. It lists exactly the packages
 * with code in the bundle.
 */
import type { BundledPackage } from './build-licenses.ts';

/** Contains no time and no random number, so that the same bundle has the same bill. */
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
  // The @ of a scope is escaped (package-url, type npm).
  const purl = `pkg:npm/${name.replace(/^@/, '%40')}@${version}`;
  const licenses = license === undefined ? {} : { licenses: [{ expression: license }] };
  return { 'bom-ref': purl, name, version, purl, ...licenses };
}
