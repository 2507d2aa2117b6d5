import { join } from 'node:path';
import ts from 'typescript';
import * as keda from '@kubernetes-models/keda/keda.sh/v1alpha1';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as batch from 'kubernetes-models/batch/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import type { Resource } from './render.ts';

const groups: Readonly<Record<string, { readonly module: string; readonly models: object }>> = {
  v1: { module: 'kubernetes-models/v1', models: core },
  'apps/v1': { module: 'kubernetes-models/apps/v1', models: apps },
  'autoscaling/v2': { module: 'kubernetes-models/autoscaling/v2', models: autoscaling },
  'batch/v1': { module: 'kubernetes-models/batch/v1', models: batch },
  'networking.k8s.io/v1': { module: 'kubernetes-models/networking.k8s.io/v1', models: networking },
  'policy/v1': { module: 'kubernetes-models/policy/v1', models: policy },
  'keda.sh/v1alpha1': { module: '@kubernetes-models/keda/keda.sh/v1alpha1', models: keda },
};

type Model = new (resource: Resource) => { validate(): void };

/** Of RabbitMQ's and PostgreSQL's operators there are no schemas to be had here. */
export const hasSchema = ({ apiVersion }: Resource): boolean => apiVersion in groups;

/** By its JSON Schema: values. Throws. */
export const validate = (resource: Resource): void => {
  const { models } = groups[resource['apiVersion'] as string] ?? {};
  const Found = (models as Record<string, Model> | undefined)?.[resource['kind'] as string];
  if (!Found) throw new Error(`no schema of ${resource['apiVersion']} ${resource['kind']}`);
  new Found(resource).validate();
};

const asLiteral = (resource: Resource, index: number): string => {
  const { module } = groups[resource['apiVersion'] as string] as { module: string };
  const type = `import('${module}').I${resource['kind']}`;
  return `export const resource${index}: ${type} = ${JSON.stringify(resource)};`;
};

/** By its TypeScript type: names that no such resource has, which a JSON Schema lets pass. */
export const typeErrors = (resources: readonly Resource[]): string[] => {
  const file = join(import.meta.dirname, 'rendered.ts');
  const text = resources.map(asLiteral).join('\n');
  const options = { strict: true, noEmit: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, types: [] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const program = ts.createProgram([file], options, {
    ...host,
    fileExists: (name) => name === file || fileExists(name),
    readFile: (name) => (name === file ? text : readFile(name)),
    getSourceFile: (name, ...more) =>
      name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ESNext) : getSourceFile(name, ...more),
  });
  const [rendered] = program.getSourceFiles().filter(({ fileName }) => fileName === file);
  return ts
    .getPreEmitDiagnostics(program, rendered)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
};
