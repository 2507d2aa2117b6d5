import { readArguments } from '@mentor-sessions/local-stack/arguments';
import { writeFile } from 'node:fs/promises';
import { brokenPromises } from './api-client/documents.ts';
import { generated } from './api-client/generate.ts';

readArguments(
  `npm run api-client    writes openapi.json of each service, the client's types and the guide's page; refuses what is not an addition`,
  {},
);

const broken = brokenPromises();
if (broken.length > 0) {
  console.error(
    [...broken, 'Only additions are allowed: keep what clients use, and add a new path or field.'].join('\n'),
  );
  process.exit(1);
}
for (const [path, text] of Object.entries(await generated())) {
  await writeFile(new URL(`../${path}`, import.meta.url), text);
  console.log(path);
}
