import { readArguments } from '@mentor-sessions/local-stack/arguments';
import { writeFile } from 'node:fs/promises';
import { generateTypes } from './api-client/generate.ts';

readArguments(`npm run api-client    writes the types of the REST client from the services' OpenAPI documents`, {});

const folder = new URL('../libs/api-client/src/generated/', import.meta.url);
for (const [name, text] of Object.entries(await generateTypes())) {
  await writeFile(new URL(name, folder), text);
  console.log(name);
}
