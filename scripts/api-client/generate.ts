import openapiTS, { astToString } from 'openapi-typescript';
import { documents } from './documents.ts';

const head = '// Made by `npm run api-client` from /openapi.json; not edited by hand.\n\n';

/** The files of libs/api-client/src/generated, by name. */
export const generateTypes = async (): Promise<Record<string, string>> => {
  const files: Record<string, string> = {};
  for (const [name, document] of Object.entries(documents))
    files[`${name}.ts`] = head + astToString(await openapiTS(JSON.stringify(document), { defaultNonNullable: false }));
  return files;
};
