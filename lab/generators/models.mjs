/** `node models.mjs <asyncapi.json> <folder>`: AsyncAPI's parser must report nothing; Modelina writes a model of each message. */
import { readFileSync, writeFileSync } from 'node:fs';
import { TypeScriptGenerator } from '@asyncapi/modelina';
import { Parser } from '@asyncapi/parser';

const [file, folder] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
const { diagnostics } = await new Parser().parse(text);
const found = diagnostics.filter(({ severity }) => severity <= 1); // errors and warnings
if (found.length > 0) throw new Error(JSON.stringify(found, null, 2));
const generator = new TypeScriptGenerator({ modelType: 'interface' });
const models = await generator.generate(JSON.parse(text));
const named = new Map(models.map(({ modelName, result }) => [modelName, result]));
writeFileSync(`${folder}/models.ts`, [...named.values()].map((model) => `export ${model}`).join('\n\n'));
console.log([...named.keys()].join(' '));
