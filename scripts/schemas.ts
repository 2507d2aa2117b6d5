/** `npm run schemas`: writes the documents of the contracts, for those who do not use TypeScript; refuses to change what was published. */
import { writeFile } from 'node:fs/promises';
import { documents, refusals } from '../libs/contracts/tools/documents.ts';

const refused = refusals();
if (refused.length > 0) {
  console.error(refused.join('\n'));
  process.exit(1);
}
for (const [file, text] of documents()) {
  await writeFile(new URL(`../libs/contracts/${file}`, import.meta.url), text);
  console.log(file);
}
