import openapiTS, { astToString } from 'openapi-typescript';
import { documents } from './documents.ts';
import { guidePage } from './guide.ts';

const head = '// Made by `npm run api-client` from /openapi.json; not edited by hand.\n\n';

/** What `npm run api-client` writes, by path: documents, the client's types and the guide's page. */
export const generated = async (): Promise<Record<string, string>> => {
  const files: Record<string, string> = { 'services/guide.html': guidePage() };
  for (const [name, document] of Object.entries(documents)) {
    files[`services/${name}/openapi.json`] = `${JSON.stringify(document, null, 2)}\n`;
    const types = await openapiTS(JSON.stringify(document), { defaultNonNullable: false });
    files[`libs/api-client/src/generated/${name}.ts`] = head + astToString(types);
  }
  return files;
};
