/** `npm run docs`: writes the pages of this folder that the sources tell. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsPage } from '../src/config/reference.ts';

writeFileSync(join(import.meta.dirname, 'options.md'), optionsPage());
console.log('docs/options.md');
