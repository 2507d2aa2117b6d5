import { writeFile } from 'node:fs/promises';
import { readArguments } from '@mentor-sessions/local-stack/arguments';
import { llmsText } from './llms/text.ts';

readArguments('npm run llms    writes llms.txt, the list of all documents', {});

await writeFile(new URL('../llms.txt', import.meta.url), llmsText());
