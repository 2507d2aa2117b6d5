import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the manifests say
export type Resource = Record<string, any>;

type Target = { readonly kind?: string; readonly name?: string };
type Patch = { readonly path?: string; readonly patch?: string; readonly target: Target };
type Kustomization = {
  readonly namespace?: string;
  readonly resources: readonly string[];
  readonly labels?: readonly { readonly pairs: Record<string, string> }[];
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly patches?: readonly Patch[];
};

export const readYaml = (file: string): Resource[] =>
  parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Resource);

const isObject = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A strategic merge, as far as it is needed here: lists of what has a name are merged by name. */
const merge = (base: unknown, patch: unknown): unknown => {
  if (isObject(base) && isObject(patch)) {
    const keys = new Set([...Object.keys(base), ...Object.keys(patch)]);
    return Object.fromEntries([...keys].map((key) => [key, key in patch ? merge(base[key], patch[key]) : base[key]]));
  }
  const isNamed = (list: unknown): list is Resource[] => Array.isArray(list) && list.every((item) => item?.name);
  if (!isNamed(base) || !isNamed(patch)) return patch;
  const others = patch.filter(({ name }) => !base.some((item) => item['name'] === name));
  return [...base.map((item) => merge(item, patch.find(({ name }) => name === item['name']) ?? item)), ...others];
};

const replaceAt = (resource: Resource, path: string, value: unknown): Resource => {
  const [key = '', ...rest] = path.slice(1).split('/');
  if (!(key in resource)) throw new Error(`${path} is not in ${JSON.stringify(resource)}`);
  return { ...resource, [key]: rest.length === 0 ? value : replaceAt(resource[key], `/${rest.join('/')}`, value) };
};

const isMeant = ({ kind, metadata }: Resource, target: Target): boolean =>
  kind === target.kind && new RegExp(`^${target.name ?? '.*'}$`).test(metadata.name);

const patched = (resource: Resource, { path, patch, target }: Patch, folder: string): Resource => {
  if (!isMeant(resource, target)) return resource;
  const text = patch ?? readFileSync(join(folder, path ?? ''), 'utf8');
  const parsed = parse(text) as Resource | { op: 'replace'; path: string; value: unknown }[];
  if (!Array.isArray(parsed)) return { ...(merge(resource, parsed) as Resource), metadata: resource['metadata'] };
  return parsed.reduce((done: Resource, step) => replaceAt(done, step.path, step.value), resource);
};

const labelled = (resource: Resource, pairs: Record<string, string>): Resource => {
  const more = (metadata: Resource = {}) => ({ ...metadata, labels: { ...metadata['labels'], ...pairs } });
  const { template } = resource['spec'] ?? {};
  const spec = template && { ...resource['spec'], template: { ...template, metadata: more(template.metadata) } };
  return { ...resource, metadata: more(resource['metadata']), ...(spec && { spec }) };
};

const withImages = (resource: Resource, images: Kustomization['images'] = []): Resource =>
  JSON.parse(JSON.stringify(resource), (key, value: unknown) => {
    const image = key === 'image' && images.find(({ name }) => name === value);
    return image ? `${image.newName}:${image.newTag}` : value;
  }) as Resource;

/** What `kubectl kustomize` makes of a folder, as far as our folders ask: resources, labels, patches, images, namespace. */
export const render = (folder: string): Resource[] => {
  const kustomization = readYaml(join(folder, 'kustomization.yaml'))[0] as Kustomization;
  const read = (name: string): Resource[] => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? render(path) : readYaml(path);
  };
  const { namespace, labels = [], patches = [], images } = kustomization;
  return kustomization.resources.flatMap(read).map((resource) => {
    const merged = patches.reduce((done, patch) => patched(done, patch, folder), resource);
    const named = labels.reduce((done, { pairs }) => labelled(done, pairs), withImages(merged, images));
    if (!namespace || named['kind'] === 'Namespace') return named;
    return { ...named, metadata: { ...named['metadata'], namespace } };
  });
};
