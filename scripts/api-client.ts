/** `npm run api-client`: writes the types of the REST client from the services' OpenAPI documents. */
import { writeFile } from 'node:fs/promises';
import { generateTypes } from './api-client/generate.ts';

const folder = new URL('../libs/api-client/src/generated/', import.meta.url);
for (const [name, text] of Object.entries(await generateTypes())) {
  await writeFile(new URL(name, folder), text);
  console.log(name);
}
