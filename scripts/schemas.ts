/** `npm run schemas`: writes the JSON Schema files of the contracts, for those who do not use TypeScript. */
import { writeFile } from 'node:fs/promises';
import { catalogue, jsonSchemaOf } from '@mentor-sessions/contracts';

const folder = new URL('../libs/contracts/schemas/', import.meta.url);
for (const event of catalogue) {
  const file = `${event.type}.v${event.version}.json`;
  await writeFile(new URL(file, folder), `${JSON.stringify(jsonSchemaOf(event), null, 2)}\n`);
  console.log(file);
}
