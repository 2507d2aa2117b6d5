import { readArguments } from '@mentor-sessions/local-stack/arguments';
import { writeFile } from 'node:fs/promises';
import { documents, refusals } from '../libs/contracts/tools/documents.ts';

readArguments(
  `npm run schemas    writes JSON Schemas, the AsyncAPI document and its page; refuses incompatible changes of published schemas`,
  {},
);

const refused = refusals();
if (refused.length > 0) {
  console.error(refused.join('\n'));
  process.exit(1);
}
for (const [file, text] of documents()) {
  await writeFile(new URL(`../libs/contracts/${file}`, import.meta.url), text);
  console.log(file);
}
