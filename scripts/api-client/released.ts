import { existsSync, readFileSync } from 'node:fs';
import { breakingChanges } from './additions.ts';
import { documents } from './documents.ts';

/** How the documents break clients of the committed openapi.json of each service. */
export const brokenPromises = (): string[] =>
  Object.entries(documents).flatMap(([name, document]) => {
    const committed = new URL(`../../services/${name}/openapi.json`, import.meta.url);
    if (!existsSync(committed)) return [];
    const before = JSON.parse(readFileSync(committed, 'utf8')) as Record<string, unknown>;
    return breakingChanges(before, document as Record<string, unknown>).map((change) => `${name}: ${change}`);
  });
